// How the running job tells how far it is.
#pragma once

#include <functional>

#include "engine/job/job_board.h"

namespace backshelf {

using OnProgress = std::function<void(const JobProgress&)>;

// One thread at a time: the one that runs the job. What it is told often reaches the board, the
// listeners and `on_progress` (may be empty) at most about four times a second.
class RunningJob {
 public:
  RunningJob(JobBoard& board, const Clock& clock, JobProgress first, OnProgress on_progress);

  [[nodiscard]] const JobProgress& progress() const { return progress_; }
  // Bytes that become fewer begin another measurement of the rate.
  void advance(const std::function<void(JobProgress&)>& change);
  void show();  // now, whatever was shown last: another phase begins

 private:
  void measure(std::uint64_t bytes_before);

  JobBoard& board_;
  const Clock& clock_;
  const OnProgress on_progress_;
  JobProgress progress_;
  std::chrono::steady_clock::time_point shown_, measured_from_;
  std::uint64_t bytes_from_ = 0;
};

}  // namespace backshelf
