#include "engine/job/copy_job.h"

#include <gmock/gmock.h>

#include "engine/job/backup_plan.h"
#include "tests/engine/job/job_fixture.h"
#include "tests/support/small_archive.h"

namespace backshelf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class CopyJob : public JobTest {
 protected:
  CopyJob() { add_archive("A"); }
  void add_archive(const std::string& folder) {
    const std::string text = small_archive();
    const std::string file = folder + ".tar";
    local->change([&](MemoryStore& store) {
      const ByteView bytes = as_bytes(text);
      store.objects[file] = ByteVec(bytes.begin(), bytes.end());
    });
    (void)catalog.add(folder);
    Backup backup = *catalog.resolve(folder);
    backup.location = "local";
    backup.slug = "0a1b2c3d";
    backup.object = {file, text.size(), {}, file};
    catalog.replace(backup);
  }
  std::string copy(const CopyCommand& command) { return make()->run(command, {}, {}); }
  [[nodiscard]] std::string error_of(const CopyCommand& command) {
    try {
      (void)copy(command);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
  [[nodiscard]] bool is_in_nas(const std::string& file) const {
    return nas->look().objects.contains(file);
  }
  [[nodiscard]] std::size_t plan_backup_places(Catalog& of) {
    return plan_backup(parts(of), {}).places.size();
  }
  const CopyCommand to_nas_{{"A"}, {"nas"}};
};

TEST_F(CopyJob, TheBytesAreTheSameUnderTheSameName) {
  EXPECT_EQ(copy(to_nas_), "copied A to nas");
  EXPECT_EQ(nas->look().objects, local->look().objects);
  EXPECT_THAT(catalog.look().adopted, ElementsAre("nas/A.tar"));
}

TEST_F(CopyJob, NothingIsOverwritten) {
  nas->change([](MemoryStore& store) { store.objects["A.tar"] = ByteVec(3); });
  EXPECT_THAT(error_of(to_nas_), HasSubstr("another archive A.tar"));
  EXPECT_EQ(nas->look().objects["A.tar"].size(), 3u);
}

TEST_F(CopyJob, WhatIsThereAlreadyCountsAsDone) {
  EXPECT_EQ(copy({{"A"}, {"local"}}), "A is already in local");
}

TEST_F(CopyJob, ALocationThatFailsLeavesNothingAndTheOthersGetTheirCopy) {
  add_archive("B");
  nas->change([](MemoryStore& store) { store.limit = 10; });
  EXPECT_THAT(error_of({{"A"}, {"local", "nas"}}), HasSubstr("nas"));
  EXPECT_EQ(kind_of([&] { (void)copy({{"A"}, {"local", "nas"}}); }), ErrorKind::kPartial);
  EXPECT_EQ(kind_of([&] { (void)copy(to_nas_); }), ErrorKind::kNoSpace);
  EXPECT_FALSE(is_in_nas("A.tar"));
  EXPECT_EQ(nas->look().pending, 0u);
}

TEST_F(CopyJob, AnUnknownLocationOrBackupIsRefusedBeforeAnythingIsWritten) {
  EXPECT_EQ(kind_of([&] { (void)copy({{"A"}, {"nas", "cloud"}}); }), ErrorKind::kUsage);
  EXPECT_EQ(kind_of([&] { (void)copy({{"A", "X"}, {"nas"}}); }), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of([&] { make()->submit(CopyCommand{{"A"}, {"cloud"}}); }), ErrorKind::kUsage);
  EXPECT_FALSE(is_in_nas("A.tar"));
}

TEST_F(CopyJob, PlainBytesAreNotPutWhereEncryptionWasAskedFor) {
  config.locations[1].encrypt = true;
  EXPECT_EQ(kind_of([&] { (void)copy(to_nas_); }), ErrorKind::kNotPermitted);
  EXPECT_FALSE(is_in_nas("A.tar"));
  Backup sealed = *catalog.resolve("A");
  sealed.is_protected = true;
  catalog.replace(sealed);
  EXPECT_EQ(copy(to_nas_), "copied A to nas");
}

TEST_F(CopyJob, AnArchiveThatWasReplacedIsNotCopied) {
  Backup other = *catalog.resolve("A");
  other.object.identity = "another";
  catalog.replace(other);
  EXPECT_EQ(kind_of([&] { (void)copy(to_nas_); }), ErrorKind::kNotFound);
  EXPECT_FALSE(is_in_nas("A.tar"));
}

TEST_F(CopyJob, ACancelledOneLeavesNothing) {
  std::stop_source stop;
  stop.request_stop();
  const auto jobs = make();
  EXPECT_EQ(kind_of([&] { (void)jobs->run(to_nas_, {}, stop.get_token()); }),
            ErrorKind::kInterrupted);
  EXPECT_FALSE(is_in_nas("A.tar"));
}

TEST_F(CopyJob, TheDaemonVerifiesTheCopyAndTheLastBackupIsEverywhere) {
  nas->change([](MemoryStore& store) { store.away = true; });
  const auto jobs = make();
  jobs->start();
  jobs->submit(BackupCommand{.name = "B"});
  wait_idle(*jobs);
  const LastBackup last = jobs->state().last_backup.value();
  EXPECT_FALSE(last.locations.at(1).ok);
  nas->change([](MemoryStore& store) { store.away = false; });
  Backup made = *catalog.resolve(last.folder);
  made.location = "local";
  made.object = *local->find(last.folder + ".tar");
  catalog.replace(made);
  jobs->submit(CopyCommand{{last.folder}, {"nas"}});
  wait_idle(*jobs);
  EXPECT_TRUE(jobs->state().last_backup->locations.at(1).ok);
  EXPECT_TRUE(jobs->state().problems.empty());
  EXPECT_TRUE(is_in_nas(last.folder + ".tar"));
  const std::vector<std::string> verified = catalog.look().verified;
  EXPECT_EQ(std::count(verified.begin(), verified.end(), last.folder), 2);
}

TEST_F(CopyJob, ALocationThatBecameReadOnlyIsNotPassedOver) {
  (void)make()->run(BackupCommand{}, {}, {});
  FakeCatalog fixed({local, std::make_shared<MemoryLocation>("nas", /*read_only=*/true)});
  EXPECT_EQ(plan_backup_places(fixed), 2u);
  state = StateStore::open("");
  EXPECT_EQ(plan_backup_places(fixed), 1u);
}

}  // namespace
}  // namespace backshelf
