// A scheduler that is looked at instead of running, at times that a test chooses.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/job/scheduler.h"
#include "tests/engine/job/job_fixture.h"
#include "tests/support/time_zone.h"

namespace backshelf {

// No runner takes what it queues unless the test does.
class SchedulerTest : public JobTest {
 protected:
  SchedulerTest() {
    config.automatic.days = "daily";
    config.automatic.time = "04:45";
    config.automatic.jitter = std::chrono::seconds(0);
    config.automatic.locations = {"nas"};
    clock.set_wall(*parse_iso8601("2026-11-24T12:00:00+01:00"));
    start_anew();
  }

  // As after the end of the process.
  void start_anew() {
    scheduler_.reset();
    board_ = std::make_unique<JobBoard>(clock, state.get());
    parts_.emplace(parts());
    scheduler_ = std::make_unique<Scheduler>(*parts_, *board_);
  }
  void look_at(const std::string& time) {
    clock.set_wall(*parse_iso8601(time));
    (void)scheduler_->look();
  }
  void let_it_run(Scheduler::Outcome outcome) {
    ASSERT_TRUE(board_->take({}));
    scheduler_->ended(outcome);
    board_->end();
  }
  [[nodiscard]] std::vector<std::string> queue() const { return board_->snapshot().queue; }
  [[nodiscard]] std::string next() const {
    const auto next = board_->snapshot().next_backup;
    return next ? to_rfc3339_local(*next).substr(0, 16) : "none";
  }
  [[nodiscard]] std::vector<std::string> problems() const {
    std::vector<std::string> codes;
    for (const Problem& problem : board_->snapshot().problems) codes.push_back(problem.code);
    return codes;
  }

  TimeZone zone_{kBerlin};
  std::optional<JobParts> parts_;
  std::unique_ptr<JobBoard> board_;
  std::unique_ptr<Scheduler> scheduler_;
};

}  // namespace backshelf
