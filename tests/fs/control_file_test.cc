#include "fs/control_file.h"

#include <gtest/gtest.h>

#include "engine/control/control.h"
#include "tests/support/fake_jobs.h"

namespace backshelf {
namespace {

class ControlFileTest : public ::testing::Test {
 protected:
  ControlFileTest() { writer_ = file_->open(); }
  void write(std::string_view text) { writer_->write(as_bytes(text)); }
  ErrorKind refused(std::string_view text) {
    try {
      write(text);
      writer_->flush();
    } catch (const Error& error) {
      return error.kind();
    }
    ADD_FAILURE() << "accepted: " << text;
    return ErrorKind::kInternal;
  }
  std::size_t ran() const { return jobs_.submitted.size(); }

  FakeJobs jobs_;
  std::unique_ptr<ControlFile> file_ = ControlFile::make(
      {jobs_, null_log(), {"backup", "cancel", "verify", "pin", "delete", "undelete"}, false});
  std::unique_ptr<ControlFile::Writer> writer_;
};

TEST_F(ControlFileTest, ALineRunsWhenItIsWhole) {
  write("back");
  EXPECT_EQ(ran(), 0U);
  write("up\nver");
  EXPECT_EQ(ran(), 1U);
  EXPECT_TRUE(std::holds_alternative<BackupCommand>(jobs_.submitted[0]));
}

TEST_F(ControlFileTest, UnterminatedTextRunsAtTheClose) {
  write("pin A");
  EXPECT_EQ(ran(), 0U);
  writer_->flush();
  EXPECT_EQ(ran(), 1U);
  writer_->flush();
  EXPECT_EQ(ran(), 1U);
}

TEST_F(ControlFileTest, DeletingMayBeSwitchedOffWhateverElseIsAllowed) {
  file_ = ControlFile::make({.jobs = jobs_,
                             .log = null_log(),
                             .allows = {"delete", "undelete"},
                             .read_only = false,
                             .deny_delete = true});
  writer_ = file_->open();
  EXPECT_EQ(refused("delete A\n"), ErrorKind::kNotPermitted);
  write("undelete A\n");
  EXPECT_EQ(ran(), 1U);
}

TEST_F(ControlFileTest, AShellsEarlyFlushDoesNothing) {
  writer_->flush();
  write("backup\n");
  writer_->flush();
  EXPECT_EQ(ran(), 1U);
}

TEST_F(ControlFileTest, CarriageReturnsAndBlankLinesAreFine) {
  write("\r\n  \n\npin A\r\n");
  writer_->flush();
  EXPECT_EQ(ran(), 1U);
}

TEST_F(ControlFileTest, OneBadLineMeansNoneRuns) {
  const ErrorKind kind = refused("pin A\nbakup\npin B\n");
  EXPECT_TRUE(kind == ErrorKind::kUsage || kind == ErrorKind::kInvalid);
  EXPECT_EQ(ran(), 0U);
  EXPECT_NE(file_->text().find("bakup"), std::string::npos);
  ASSERT_EQ(jobs_.reports.size(), 1U);
  write("pin C\n");
  EXPECT_EQ(ran(), 1U) << "the bad text is not kept";
}

TEST_F(ControlFileTest, HandlesDoNotShareALine) {
  const auto other = file_->open();
  write("pin ");
  other->write(as_bytes("backup\n"));
  write("A\n");
  EXPECT_EQ(ran(), 2U);
}

TEST_F(ControlFileTest, WhatIsNotAllowedIsRefused) {
  EXPECT_EQ(refused("unpin A\n"), ErrorKind::kNotPermitted);
  EXPECT_EQ(refused("delete A force\n"), ErrorKind::kNotPermitted);
  EXPECT_EQ(ran(), 0U);
}

TEST_F(ControlFileTest, ABusyAnswerReachesTheWriter) {
  jobs_.busy = true;
  EXPECT_EQ(refused("backup\n"), ErrorKind::kBusy);
}

TEST_F(ControlFileTest, AnEndlessLineIsRefused) {
  EXPECT_EQ(refused(std::string(kControlLineBytes + 1, 'x')), ErrorKind::kInvalid);
}

TEST_F(ControlFileTest, AnEditorsWholeTextRunsOnlyWhatIsNew) {
  const std::string edited = file_->text() + "pin A\n";
  file_->run(as_bytes(edited));
  EXPECT_EQ(ran(), 1U);
}

TEST_F(ControlFileTest, AShelfWithoutConfigurationIsReadOnly) {
  const auto file = ControlFile::make({jobs_, null_log(), {"backup"}, true});
  const auto writer = file->open();
  try {
    writer->write(as_bytes("backup\n"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kReadOnly);
  }
}

}  // namespace
}  // namespace backshelf
