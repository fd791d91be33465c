#include "engine/job/running_job.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace backshelf {
namespace {

class RunningJobTest : public testing::Test {
 protected:
  RunningJobTest() { (void)board.begin(BackupCommand{}); }
  void bytes(std::uint64_t count) {
    job.advance([count](JobProgress& progress) {
      progress.bytes = count;
      progress.bytes_total = 1000;
    });
  }

  FakeClock clock;
  JobBoard board{clock, nullptr};
  int shown = 0;
  RunningJob job{board, clock, {}, [this](const JobProgress&) { ++shown; }};
};

TEST_F(RunningJobTest, many_steps_are_shown_four_times_a_second) {
  for (int i = 0; i < 1000; ++i) {
    clock.advance(std::chrono::milliseconds(1));
    bytes(1);
  }
  EXPECT_GE(shown, 4);
  EXPECT_LE(shown, 5);
}

TEST_F(RunningJobTest, rate_and_rest_are_measured) {
  bytes(0);
  clock.advance(std::chrono::seconds(2));
  bytes(1);
  clock.advance(std::chrono::seconds(2));
  bytes(201);
  EXPECT_DOUBLE_EQ(job.progress().rate, 100);
  EXPECT_EQ(job.progress().eta_seconds, 7);
  EXPECT_EQ(board.snapshot().job->bytes, 201u);
}

TEST_F(RunningJobTest, nothing_is_guessed_too_early_or_behind_the_total) {
  bytes(1);
  EXPECT_EQ(job.progress().eta_seconds, -1);
  clock.advance(std::chrono::seconds(1));
  bytes(1001);
  EXPECT_EQ(job.progress().eta_seconds, -1);
}

TEST_F(RunningJobTest, fewer_bytes_begin_another_measurement) {
  bytes(10);
  clock.advance(std::chrono::seconds(10));
  bytes(500);
  bytes(0);
  EXPECT_EQ(job.progress().rate, 0);
  clock.advance(std::chrono::seconds(1));
  bytes(0);
  clock.advance(std::chrono::seconds(1));
  bytes(50);
  EXPECT_EQ(job.progress().eta_seconds, -1);
}

}  // namespace
}  // namespace backshelf
