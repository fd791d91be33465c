#include <gmock/gmock.h>

#include <atomic>

#include "engine/job/job_board.h"
#include "engine/job/jobs.h"
#include "tests/engine/job/job_fixture.h"

namespace backshelf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The daemon: a runner thread, and commands of other threads.
class QueueTest : public JobTest {
 protected:
  // Keeps the runner busy until release().
  void block(Jobs& jobs) {
    blocker_ = catalog.add("blocker");
    blocker_->blocked = true;
    jobs.submit(VerifyCommand{{"blocker"}});
    jobs.start();
    wait_for_state(jobs, "verify");
  }
  void release() { blocker_->blocked = false; }

  std::shared_ptr<FakeArchive> blocker_;
};

TEST_F(QueueTest, the_daemon_verifies_behind_every_backup) {
  const auto jobs = make();
  jobs->start();
  jobs->submit(BackupCommand{.name = "Mine"});
  wait_idle(*jobs);
  const FakeCatalog::Told told = catalog.look();
  ASSERT_EQ(told.verified.size(), 1u);
  EXPECT_EQ(told.verified[0], jobs->state().last_backup->folder);
  EXPECT_THAT(jobs->state().results, ElementsAre(testing::_, HasSubstr("sound")));
}

TEST_F(QueueTest, the_daemon_prunes_behind_the_verification_of_an_automatic_backup) {
  const auto jobs = make();
  jobs->start();
  jobs->submit(BackupCommand{.automatic = true});
  wait_idle(*jobs);
  EXPECT_EQ(catalog.look().verified.size(), 1u);
  EXPECT_THAT(jobs->state().results.back(), HasSubstr("prune: location local"));
}

TEST_F(QueueTest, every_copy_that_was_made_is_verified) {
  catalog.name_by_location = true;
  const auto jobs = make();
  jobs->start();
  jobs->submit(BackupCommand{.name = "Mine", .file = "Mine.tar"});
  wait_idle(*jobs);
  EXPECT_THAT(catalog.look().verified, ElementsAre("local Mine", "nas Mine"));
  EXPECT_EQ(jobs->state().last_backup->folder, "local Mine");
}

TEST_F(QueueTest, a_verify_that_finds_no_room_in_the_queue_fails_no_backup) {
  config.backup.before = concat("while [ ! -e ", disk.path("go"), " ]; do sleep 0.02; done");
  const auto jobs = make();
  jobs->start();
  jobs->submit(BackupCommand{});
  wait_for_state(*jobs, "backup");
  for (std::size_t i = 0; i < JobBoard::kMaxQueue; ++i) {
    (void)catalog.add(concat("B", i));
    jobs->submit(VerifyCommand{{concat("B", i)}});
  }
  disk.write("go", "");
  wait_idle(*jobs);
  EXPECT_TRUE(jobs->state().last_backup->ok);
  ASSERT_EQ(jobs->state().problems.size(), 1u);
  EXPECT_EQ(jobs->state().problems[0].code, "after-backup");
}

TEST_F(QueueTest, a_backup_while_one_waits_is_busy) {
  const auto jobs = make();
  block(*jobs);
  jobs->submit(BackupCommand{.name = "one"});
  const auto another = [&] { jobs->submit(BackupCommand{.name = "two"}); };
  EXPECT_EQ(kind_of(another), ErrorKind::kBusy);
  EXPECT_THAT(jobs->state().queue, ElementsAre("backup name=one"));
  EXPECT_THAT(message_of(another), HasSubstr("is being made"));
  release();
  wait_idle(*jobs);
  EXPECT_EQ(local->look().objects.size(), 1u);
}

TEST_F(QueueTest, cancel_stops_what_runs_and_drops_the_backup_that_waits) {
  const auto jobs = make();
  block(*jobs);
  jobs->submit(BackupCommand{});
  jobs->submit(CancelCommand{});
  wait_idle(*jobs);
  EXPECT_TRUE(local->look().objects.empty());
  EXPECT_TRUE(catalog.look().verified.empty());
  EXPECT_FALSE(jobs->state().last_backup);
  EXPECT_TRUE(jobs->state().problems.empty());
}

TEST_F(QueueTest, cancel_of_a_backup_lets_another_command_go_on) {
  const auto jobs = make();
  block(*jobs);
  jobs->submit(BackupCommand{});
  jobs->submit(CancelCommand{.backup_only = true});
  EXPECT_EQ(jobs->state().state, "verify");
  release();
  wait_idle(*jobs);
  EXPECT_TRUE(local->look().objects.empty());
  EXPECT_THAT(catalog.look().verified, ElementsAre("blocker"));
}

TEST_F(QueueTest, a_backup_that_waits_or_runs_gets_another_name) {
  config.backup.before = concat("while [ ! -e ", disk.path("go"), " ]; do sleep 0.02; done");
  const auto jobs = make();
  block(*jobs);
  jobs->submit(BackupCommand{.name = "one", .file = "one.tar"});
  jobs->rename_backup("one", "two");
  EXPECT_THAT(jobs->state().queue, ElementsAre("backup name=two"));
  EXPECT_EQ(kind_of([&] { jobs->rename_backup("one", "three"); }), ErrorKind::kNotFound);
  release();
  wait_for_state(*jobs, "backup");
  ASSERT_TRUE(wait_until([&] { return jobs->state().job->folder == "two"; }));
  jobs->rename_backup("two", "three");
  EXPECT_EQ(jobs->state().job->folder, "three");
  disk.write("go", "");
  wait_idle(*jobs);
  EXPECT_EQ(jobs->state().last_backup->folder, "three");
  ASSERT_EQ(local->look().objects.size(), 1u);
  EXPECT_EQ(local->look().objects.begin()->first, "three.tar");
  EXPECT_EQ(kind_of([&] { jobs->rename_backup("three", "four"); }), ErrorKind::kNotFound);
}

TEST_F(QueueTest, cancel_of_nothing_is_no_error) {
  const auto jobs = make();
  jobs->submit(CancelCommand{});
  EXPECT_EQ(jobs->run(CancelCommand{}, {}, {}), "there was nothing to cancel");
}

TEST_F(QueueTest, what_can_be_refused_is_refused_at_once) {
  const auto jobs = make();
  EXPECT_EQ(kind_of([&] { jobs->submit(BackupCommand{.parts = {"nope"}}); }), ErrorKind::kUsage);
  EXPECT_EQ(kind_of([&] { jobs->submit(BackupCommand{.to = {"nope"}}); }), ErrorKind::kUsage);
  EXPECT_EQ(kind_of([&] { jobs->submit(VerifyCommand{{"nope"}}); }), ErrorKind::kNotFound);
  const auto unknown = [&] { jobs->submit(DeleteCommand{{"nope"}}); };
  EXPECT_EQ(kind_of(unknown), ErrorKind::kNotFound);
  EXPECT_TRUE(jobs->state().queue.empty());
  EXPECT_THAT(message_of(unknown), HasSubstr("nope"));
}

TEST_F(QueueTest, the_same_verify_waits_once) {
  const auto jobs = make();
  catalog.add("A");
  for (int i = 0; i < 3; ++i) jobs->submit(VerifyCommand{{"A"}});
  EXPECT_THAT(jobs->state().queue, ElementsAre("verify A"));
}

TEST_F(QueueTest, a_delete_runs_at_once_beside_a_running_job_and_ends_its_verify) {
  const auto jobs = make();
  block(*jobs);
  jobs->submit(DeleteCommand{{"blocker"}});
  EXPECT_THAT(catalog.look().removed, ElementsAre("blocker"));
  wait_idle(*jobs);
  EXPECT_TRUE(catalog.look().verified.empty());
}

TEST_F(QueueTest, a_damaged_backup_becomes_a_problem_and_a_sound_one_ends_it) {
  catalog.add("A", State::kDamaged);
  const auto jobs = make();
  jobs->start();
  jobs->submit(VerifyCommand{{"A"}});
  wait_idle(*jobs);
  ASSERT_EQ(jobs->state().problems.size(), 1u);
  EXPECT_EQ(jobs->state().problems[0].code, "damaged");
  EXPECT_THAT(jobs->state().problems[0].what, HasSubstr("backup A"));
  EXPECT_THAT(catalog.look().unsound, ElementsAre("A"));
  catalog.add("A", State::kOk);
  jobs->submit(VerifyCommand{{"A"}});
  wait_idle(*jobs);
  EXPECT_TRUE(jobs->state().problems.empty());
}

TEST_F(QueueTest, verify_all_reads_on_behind_a_damaged_one) {
  catalog.add("A", State::kDamaged);
  catalog.add("B", State::kNeedsKey);
  catalog.add("C");
  EXPECT_EQ(kind_of([&] { (void)make()->run(VerifyCommand{}, {}, {}); }), ErrorKind::kDamaged);
  EXPECT_THAT(catalog.look().verified, ElementsAre("C"));
  EXPECT_THAT(catalog.look().unsound, ElementsAre("A", "B"));
}

TEST_F(QueueTest, a_missing_key_is_no_damage) {
  catalog.add("B", State::kNeedsKey);
  catalog.add("C");
  const auto jobs = make();
  EXPECT_EQ(kind_of([&] { (void)jobs->run(VerifyCommand{{"B"}}, {}, {}); }), ErrorKind::kNeedsKey);
  EXPECT_EQ(kind_of([&] { (void)jobs->run(VerifyCommand{}, {}, {}); }), ErrorKind::kPartial);
  EXPECT_EQ(jobs->state().problems.at(0).code, "not-verified");
}

TEST_F(QueueTest, the_end_of_the_daemon_stops_the_running_job) {
  auto jobs = make();
  block(*jobs);
  jobs->submit(BackupCommand{});
  jobs.reset();
  EXPECT_TRUE(local->look().objects.empty());
}

TEST_F(QueueTest, changes_are_told_from_the_runner_alone) {
  std::atomic<int> told = 0;
  const std::thread::id here = std::this_thread::get_id();
  std::atomic<bool> told_here = false;
  const auto jobs = make();
  jobs->on_change([&] {
    ++told;
    if (std::this_thread::get_id() == here) told_here = true;
  });
  jobs->report("upload", Error(ErrorKind::kNoSpace, "the upload A.tar", "the disk is full"));
  jobs->start();
  EXPECT_TRUE(wait_until([&] { return told > 0; }));
  EXPECT_FALSE(told_here);
}

// Delete, undelete, pin.

TEST_F(QueueTest, a_protected_backup_is_deleted_by_force_alone) {
  catalog.add("A", State::kOk, true);
  const auto jobs = make();
  EXPECT_EQ(kind_of([&] { jobs->submit(DeleteCommand{{"A"}}); }), ErrorKind::kNotPermitted);
  EXPECT_EQ(jobs->run(DeleteCommand{{"A"}, true}, {}, {}), "deleted A");
}

TEST_F(QueueTest, of_several_backups_those_that_may_go_are_deleted) {
  catalog.add("A", State::kOk, true);
  catalog.add("B");
  const auto jobs = make();
  EXPECT_EQ(kind_of([&] { jobs->submit(DeleteCommand{{"A", "B", "C"}}); }), ErrorKind::kPartial);
  EXPECT_THAT(catalog.look().removed, ElementsAre("B"));
}

TEST_F(QueueTest, pins_and_undeletes_are_done_at_once) {
  catalog.add("A");
  const auto jobs = make();
  jobs->submit(PinCommand{{"A"}, true});
  EXPECT_TRUE(catalog.resolve("A")->pinned);
  EXPECT_EQ(jobs->run(PinCommand{{"A"}, false}, {}, {}), "unpinned A");
  EXPECT_FALSE(catalog.resolve("A")->pinned);
  EXPECT_EQ(jobs->run(UndeleteCommand{{"Z"}}, {}, {}), "brought back Z");
}

TEST_F(QueueTest, a_pin_that_cannot_be_saved_fails) {
  catalog.add("A");
  disk.write("file", "in the way");
  state = StateStore::open(disk.path("file/state"));
  const auto jobs = make();
  state->update([](Json& json) { json.set("pinned", "A"); });
  for (const bool pin : {true, false}) {
    EXPECT_EQ(kind_of([&] { (void)jobs->run(PinCommand{{"A"}, pin}, {}, {}); }), ErrorKind::kIo);
  }
  EXPECT_EQ(jobs->run(DeleteCommand{{"A"}}, {}, {}), "deleted A");
}

// Problems.

TEST_F(QueueTest, problems_are_bounded_and_told_once_each) {
  const auto jobs = make();
  for (int i = 0; i < 50; ++i) {
    jobs->report("x", Error(ErrorKind::kIo, concat("thing ", i % 30), "it broke", "mend it"));
  }
  const std::vector<Problem> problems = jobs->state().problems;
  EXPECT_EQ(problems.size(), 20u);
  EXPECT_EQ(problems.back().what, "thing 19: it broke");
  EXPECT_EQ(problems.back().todo, "mend it");
  jobs->report("x", Error(ErrorKind::kIo, "thing 19", "it broke", "mend it"));
  EXPECT_EQ(jobs->state().problems.size(), 20u);
}

}  // namespace
}  // namespace backshelf
