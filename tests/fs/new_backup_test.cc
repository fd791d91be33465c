#include "fs/new_backup.h"

#include <gmock/gmock.h>

#include "tests/support/fake_catalog.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_jobs.h"
#include "tests/support/kind_of.h"

namespace backshelf {
namespace {

class NewBackupTest : public ::testing::Test {
 protected:
  void pass_grace() {
    clock_.advance(NewBackup::kGrace);
    made_.tick();
  }
  void runs(const std::string& folder) {
    jobs_.shown.state = "backup";
    jobs_.shown.job.emplace();
    jobs_.shown.job->folder = folder;
    jobs_.shown.job->started = clock_.now();
  }
  [[nodiscard]] std::string shown() {
    const auto info = made_.shown();
    return info ? info->name : "";
  }

  FakeCatalog catalog_{{}};
  FakeJobs jobs_;
  FakeClock clock_;
  NewBackup made_{catalog_, jobs_, clock_, null_log()};
};

TEST_F(NewBackupTest, ItIsShownAtOnceAndAskedForAfterTheGrace) {
  const NewBackup::Info info = made_.begin("Before update");
  EXPECT_EQ(shown(), "Before update");
  clock_.advance(NewBackup::kGrace - std::chrono::milliseconds(1));
  made_.tick();
  EXPECT_TRUE(jobs_.submitted.empty());
  clock_.advance(std::chrono::milliseconds(1));
  made_.tick();
  ASSERT_EQ(jobs_.submitted.size(), 1U);
  const auto& command = std::get<BackupCommand>(jobs_.submitted[0]);
  EXPECT_EQ(command.name, "Before update");
  EXPECT_EQ(command.file, "Before update.tar");
  jobs_.shown.queue = {"backup name=\"Before update\""};
  EXPECT_EQ(made_.shown()->id, info.id);
  runs("Before update");
  EXPECT_EQ(made_.shown()->id, info.id);
  jobs_.shown = {};
  EXPECT_EQ(shown(), "");
  made_.tick();
  EXPECT_EQ(jobs_.submitted.size(), 1U);
}

TEST_F(NewBackupTest, NamesThatWouldHaveToChangeAreInvalid) {
  for (const std::string name :
       {"", "a:b", "a/b", "end.", "end ", ".x", "nul", "Status", "raw\xff"}) {
    EXPECT_EQ(kind_of([&] { (void)made_.begin(name); }), ErrorKind::kInvalid) << name;
  }
  EXPECT_EQ(kind_of([&] { (void)made_.begin(std::string(252, 'x')); }), ErrorKind::kInvalid);
  (void)catalog_.add("Mine");
  EXPECT_EQ(kind_of([&] { (void)made_.begin("MINE"); }), ErrorKind::kExists);
}

TEST_F(NewBackupTest, ASecondOneIsBusy) {
  (void)made_.begin("A");
  EXPECT_EQ(kind_of([&] { (void)made_.begin("B"); }), ErrorKind::kBusy);
  pass_grace();
  runs("A");
  EXPECT_EQ(kind_of([&] { (void)made_.begin("B"); }), ErrorKind::kBusy);
  jobs_.shown = {};
  jobs_.shown.queue = {"backup"};
  EXPECT_EQ(kind_of([&] { (void)made_.begin("B"); }), ErrorKind::kBusy);
  jobs_.shown = {};
  (void)made_.begin("B");
}

TEST_F(NewBackupTest, FillingItInTheGraceMakesNone) {
  const NewBackup::Info info = made_.begin("A");
  EXPECT_EQ(kind_of([&] { made_.refuse_inside(info.id, "x"); }), ErrorKind::kReadOnly);
  EXPECT_EQ(shown(), "");
  pass_grace();
  EXPECT_TRUE(jobs_.submitted.empty());
  const NewBackup::Info later = made_.begin("A");
  EXPECT_NE(later.id, info.id);
  pass_grace();
  runs("A");
  EXPECT_EQ(kind_of([&] { made_.refuse_inside(later.id, "x"); }), ErrorKind::kReadOnly);
  EXPECT_EQ(shown(), "A");
}

TEST_F(NewBackupTest, RemovingItCancels) {
  (void)made_.begin("A");
  EXPECT_EQ(kind_of([&] { made_.cancel("B"); }), ErrorKind::kNotFound);
  made_.cancel("A");
  EXPECT_EQ(shown(), "");
  pass_grace();
  EXPECT_TRUE(jobs_.submitted.empty());

  const NewBackup::Info info = made_.begin("A");
  pass_grace();
  runs("A");
  made_.remove_status(info.id);
  EXPECT_FALSE(made_.shown()->has_status);
  EXPECT_EQ(kind_of([&] { made_.remove_status(info.id); }), ErrorKind::kNotFound);
  made_.cancel("A");
  EXPECT_EQ(shown(), "") << "although the job has not ended yet";
  ASSERT_EQ(jobs_.submitted.size(), 2U);
  EXPECT_TRUE(std::get<CancelCommand>(jobs_.submitted[1]).backup_only);
  clock_.advance(std::chrono::seconds(1));
  runs("another");
  EXPECT_EQ(shown(), "another");
}

// Jobs that take so long to ask that something happens meanwhile.
class AskedJobs final : public FakeJobs {
 public:
  void submit(const Command& command) override {
    FakeJobs::submit(command);
    if (std::holds_alternative<BackupCommand>(command) && meanwhile) meanwhile();
  }
  std::function<void()> meanwhile;
};

TEST_F(NewBackupTest, WhatHappensWhileTheJobsAreAskedCountsToo) {
  AskedJobs jobs;
  NewBackup made(catalog_, jobs, clock_, null_log());
  const auto begin_and_ask = [&](const std::string& name) {
    (void)made.begin(name);
    clock_.advance(NewBackup::kGrace);
    made.tick();
  };
  jobs.meanwhile = [&] {
    EXPECT_EQ(made.shown()->name, "A") << "it does not vanish for a moment";
    made.cancel("A");
  };
  begin_and_ask("A");
  ASSERT_EQ(jobs.submitted.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<CancelCommand>(jobs.submitted[1]));
  EXPECT_FALSE(made.shown());
  jobs.meanwhile = [&] { made.rename("A", "B"); };
  begin_and_ask("A");
  EXPECT_EQ(jobs.renamed, std::vector<std::string>{"A -> B"});
}

TEST_F(NewBackupTest, ItGetsAnotherNameBeforeAndWhileItRuns) {
  const NewBackup::Info info = made_.begin("New folder");
  EXPECT_EQ(kind_of([&] { made_.rename("New folder", "a:b"); }), ErrorKind::kInvalid);
  made_.rename("New folder", "A");
  EXPECT_EQ(shown(), "A");
  pass_grace();
  EXPECT_EQ(std::get<BackupCommand>(jobs_.submitted.at(0)).file, "A.tar");
  runs("A");
  made_.rename("A", "B");
  EXPECT_EQ(jobs_.renamed, std::vector<std::string>{"A -> B"});
  runs("B");
  EXPECT_EQ(made_.shown()->name, "B");
  EXPECT_EQ(made_.shown()->id, info.id);
}

TEST_F(NewBackupTest, WhatItIsRefusedForIsReported) {
  (void)made_.begin("A");
  jobs_.busy = true;
  pass_grace();
  EXPECT_EQ(jobs_.reports.size(), 1U);
  EXPECT_EQ(shown(), "");
}

}  // namespace
}  // namespace backshelf
