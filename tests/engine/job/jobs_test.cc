#include "engine/job/jobs.h"

#include <gmock/gmock.h>

#include "engine/disk/file.h"
#include "tests/engine/job/job_fixture.h"

namespace backshelf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class JobsTest : public JobTest {};

// The command line.

TEST_F(JobsTest, a_backup_stands_in_every_location_and_on_the_shelf) {
  const auto jobs = make();
  const std::string answer = jobs->run(BackupCommand{.name = "Mine"}, {}, {});
  EXPECT_THAT(answer, HasSubstr("in local, nas"));
  EXPECT_THAT(answer, HasSubstr("not verified yet"));
  EXPECT_THAT(members(*local), ElementsAre("homeassistant.tar.gz", "core_ssh.tar.gz",
                                           "addons_local.tar.gz", "ssl.tar.gz", "backup.json"));
  EXPECT_EQ(members(*local), members(*nas));
  EXPECT_EQ(catalog.look().adopted.size(), 2u);
  EXPECT_TRUE(catalog.look().verified.empty());
}

TEST_F(JobsTest, what_was_left_out_is_told) {
  const auto jobs = make();
  EXPECT_THAT(jobs->run(BackupCommand{}, {}, {}), HasSubstr("apps/broken"));
  EXPECT_EQ(jobs->state().last_backup->skipped.size(), 1u);
}

TEST_F(JobsTest, a_name_in_use_gets_a_number) {
  const auto jobs = make();
  (void)jobs->run(BackupCommand{.name = "x", .file = "x.tar"}, {}, {});
  (void)jobs->run(BackupCommand{.name = "x", .file = "x.tar"}, {}, {});
  EXPECT_TRUE(local->look().objects.contains("x (2).tar"));
  EXPECT_TRUE(nas->look().objects.contains("x (2).tar"));
}

TEST_F(JobsTest, encryption_is_per_location) {
  config.archive.encrypt = true;
  config.locations[1].encrypt = false;
  (void)make()->run(BackupCommand{}, {}, {});
  EXPECT_TRUE(metadata(local->look().objects.begin()->second).protected_flag);
  EXPECT_FALSE(metadata(nas->look().objects.begin()->second).protected_flag);
}

TEST_F(JobsTest, without_a_key_nothing_is_written) {
  config.archive.encrypt = true;
  keys = KeyRing::make({});
  const auto jobs = make();
  EXPECT_EQ(kind_of([&] { (void)jobs->run(BackupCommand{}, {}, {}); }), ErrorKind::kNeedsKey);
  EXPECT_TRUE(local->look().objects.empty());
}

TEST_F(JobsTest, the_last_backup_survives_a_restart) {
  (void)make()->run(BackupCommand{.name = "Mine"}, {}, {});
  state = StateStore::open(disk.path("state"));
  const auto last = make()->state().last_backup;
  ASSERT_TRUE(last);
  EXPECT_TRUE(last->ok);
  EXPECT_TRUE(last->folder.starts_with("Mine_"));
  EXPECT_EQ(last->date, clock.now());
  EXPECT_EQ(last->skipped.size(), 1u);
  ASSERT_EQ(last->locations.size(), 2u);
  EXPECT_EQ(last->locations[1].location, "nas");
  EXPECT_TRUE(last->locations[1].ok);
}

TEST_F(JobsTest, a_shelf_without_configuration_changes_nothing) {
  JobParts without = parts();
  without.read_only = true;
  const auto jobs = Jobs::make(without);
  catalog.add("A");
  EXPECT_EQ(kind_of([&] { (void)jobs->run(BackupCommand{}, {}, {}); }), ErrorKind::kReadOnly);
  EXPECT_EQ(kind_of([&] { jobs->submit(DeleteCommand{{"A"}}); }), ErrorKind::kReadOnly);
  EXPECT_THAT(jobs->run(VerifyCommand{{"A"}}, {}, {}), HasSubstr("sound"));
}

// Locations and hooks that fail.

TEST_F(JobsTest, a_full_location_is_partial_and_the_other_copy_stands) {
  nas->change([](MemoryStore& store) { store.limit = 2000; });
  const auto jobs = make();
  EXPECT_EQ(kind_of([&] { (void)jobs->run(BackupCommand{}, {}, {}); }), ErrorKind::kPartial);
  EXPECT_EQ(local->look().objects.size(), 1u);
  EXPECT_TRUE(nas->look().objects.empty());
  EXPECT_EQ(nas->look().pending, 0u);
  const auto last = jobs->state().last_backup;
  EXPECT_TRUE(last->ok);
  EXPECT_TRUE(last->locations[0].ok);
  EXPECT_THAT(last->locations[1].problem, HasSubstr("no space"));
  EXPECT_EQ(jobs->state().problems.at(0).code, "backup");
}

TEST_F(JobsTest, full_everywhere_is_no_space_and_leaves_nothing) {
  for (const auto& place : {local, nas}) {
    place->change([](MemoryStore& store) { store.limit = 2000; });
  }
  const auto jobs = make();
  EXPECT_EQ(kind_of([&] { (void)jobs->run(BackupCommand{}, {}, {}); }), ErrorKind::kNoSpace);
  EXPECT_TRUE(local->look().objects.empty());
  EXPECT_EQ(local->look().pending + nas->look().pending, 0u);
  EXPECT_FALSE(jobs->state().last_backup->ok);
  EXPECT_THAT(jobs->state().last_backup->problem, HasSubstr("location local"));
  EXPECT_EQ(jobs->state().state, "idle");
}

TEST_F(JobsTest, a_location_that_is_away_is_partial) {
  nas->change([](MemoryStore& store) { store.away = true; });
  EXPECT_EQ(kind_of([&] { (void)make()->run(BackupCommand{}, {}, {}); }), ErrorKind::kPartial);
  EXPECT_EQ(local->look().objects.size(), 1u);
}

TEST_F(JobsTest, a_directory_that_is_away_is_partial_too) {
  DirectoryLocationOptions options;
  options.name = "nas";
  options.path = disk.path("mounted");
  make_directories(options.path, 0700);
  FakeCatalog with_directory({local, make_directory_location(options)});
  std::filesystem::remove_all(options.path);
  for (const std::vector<std::string>& automatic :
       {std::vector<std::string>(), std::vector<std::string>{"local", "nas"}}) {
    config.automatic.locations = automatic;
    const auto jobs = Jobs::make(parts(with_directory));
    EXPECT_EQ(kind_of([&] { (void)jobs->run(BackupCommand{}, {}, {}); }), ErrorKind::kPartial);
    const auto last = jobs->state().last_backup;
    ASSERT_EQ(last->locations.size(), 2u);
    EXPECT_TRUE(last->locations[0].ok);
    EXPECT_THAT(last->locations[1].problem, HasSubstr("mounted"));
  }
}

// A state in which the last backup cannot be written down.
class ForgetfulState final : public StateStore {
 public:
  [[nodiscard]] Json read() const override { return sound_->read(); }
  void update(const std::function<void(Json&)>& change) override {
    sound_->update([&](Json& state) {
      change(state);
      if (state.has("last_backup")) throw Error(ErrorKind::kBusy, "the state", "it is locked");
    });
  }
  [[nodiscard]] bool saved() const override { return true; }
  [[nodiscard]] bool persistent() const override { return false; }
  [[nodiscard]] const std::string& directory() const override { return sound_->directory(); }
  [[nodiscard]] std::string problem() const override { return {}; }
  [[nodiscard]] std::string installation() override { return sound_->installation(); }

 private:
  const std::unique_ptr<StateStore> sound_ = StateStore::open("");
};

TEST_F(JobsTest, a_backup_that_cannot_be_written_down_was_made_all_the_same) {
  state = std::make_unique<ForgetfulState>();
  const auto jobs = make();
  EXPECT_THAT(jobs->run(BackupCommand{}, {}, {}), HasSubstr("in local, nas"));
  EXPECT_TRUE(jobs->state().last_backup->ok);
  EXPECT_EQ(jobs->state().problems.at(0).code, "after-backup");
}

TEST_F(JobsTest, a_good_backup_ends_the_complaint_about_the_one_before) {
  nas->change([](MemoryStore& store) { store.away = true; });
  const auto jobs = make();
  EXPECT_THROW((void)jobs->run(BackupCommand{}, {}, {}), Error);
  nas->change([](MemoryStore& store) { store.away = false; });
  (void)jobs->run(BackupCommand{}, {}, {});
  EXPECT_TRUE(jobs->state().problems.empty());
}

TEST_F(JobsTest, hooks_run_around_the_backup) {
  config.backup.before = concat("echo before >> ", disk.path("hooks"));
  config.backup.after = concat("echo after >> ", disk.path("hooks"));
  (void)make()->run(BackupCommand{}, {}, {});
  EXPECT_EQ(disk.read("hooks"), "before\nafter\n");
}

TEST_F(JobsTest, a_failing_before_stops_the_backup_and_after_runs_all_the_same) {
  config.backup.before = "echo no database >&2; exit 3";
  config.backup.after = concat("touch ", disk.path("after"));
  const auto jobs = make();
  EXPECT_THROW((void)jobs->run(BackupCommand{}, {}, {}), Error);
  EXPECT_THAT(jobs->state().last_backup->problem, HasSubstr("code 3: no database"));
  EXPECT_TRUE(local->look().objects.empty());
  EXPECT_TRUE(disk.has("after"));
}

TEST_F(JobsTest, a_failing_after_is_reported_and_the_backup_stands) {
  config.backup.after = "echo no database >&2; exit 1";
  const auto jobs = make();
  (void)jobs->run(BackupCommand{}, {}, {});
  EXPECT_EQ(local->look().objects.size(), 1u);
  EXPECT_TRUE(jobs->state().last_backup->ok);
  ASSERT_EQ(jobs->state().problems.size(), 1u);
  const Problem problem = jobs->state().problems.front();
  EXPECT_EQ(problem.code, "hook");
  EXPECT_THAT(problem.what, HasSubstr("'after'"));
  EXPECT_THAT(problem.what, HasSubstr("code 1: no database"));
}

TEST_F(JobsTest, another_process_that_makes_a_backup_is_named) {
  make_directories(disk.path("state"), 0700);
  const auto lock = FileLock::try_take(disk.path("state/backup.lock"));
  ASSERT_TRUE(lock);
  state->update([](Json& json) { json.set("backup_by", "the daemon (process 7)"); });
  const auto jobs = make();
  try {
    (void)jobs->run(BackupCommand{}, {}, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kBusy);
    EXPECT_THAT(error.what(), HasSubstr("the daemon (process 7)"));
  }
  EXPECT_EQ(kind_of([&] { jobs->submit(BackupCommand{}); }), ErrorKind::kBusy);
  EXPECT_FALSE(jobs->state().last_backup);
}

TEST_F(JobsTest, stopping_a_backup_leaves_nothing) {
  std::stop_source stop;
  (void)stop.request_stop();
  const auto jobs = make();
  EXPECT_EQ(kind_of([&] { (void)jobs->run(BackupCommand{}, {}, stop.get_token()); }),
            ErrorKind::kInterrupted);
  EXPECT_TRUE(local->look().objects.empty());
  EXPECT_EQ(local->look().pending, 0u);
  EXPECT_FALSE(jobs->state().last_backup);
  EXPECT_TRUE(jobs->state().problems.empty());
}

}  // namespace
}  // namespace backshelf
