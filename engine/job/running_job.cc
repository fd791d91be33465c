#include "engine/job/running_job.h"

namespace backshelf {
namespace {

constexpr std::chrono::milliseconds kShowEvery(250);  // as often as a person can read it
constexpr double kMinSeconds = 0.5;                   // less is no measurement

}  // namespace

RunningJob::RunningJob(JobBoard& board, const Clock& clock, JobProgress first,
                       OnProgress on_progress)
    : board_(board),
      clock_(clock),
      on_progress_(std::move(on_progress)),
      progress_(std::move(first)),
      shown_(clock.steady() - kShowEvery),
      measured_from_(clock.steady()) {}

void RunningJob::advance(const std::function<void(JobProgress&)>& change) {
  const std::uint64_t before = progress_.bytes;
  change(progress_);
  measure(before);
  if (clock_.steady() - shown_ >= kShowEvery) show();
}

void RunningJob::show() {
  shown_ = clock_.steady();
  board_.show(progress_);
  if (on_progress_) on_progress_(progress_);
}

void RunningJob::measure(std::uint64_t bytes_before) {
  const auto now = clock_.steady();
  if (progress_.bytes < bytes_before || bytes_before == 0) {
    measured_from_ = now;
    bytes_from_ = progress_.bytes;
    progress_.rate = 0;
    progress_.eta_seconds = -1;
  }
  const double seconds = std::chrono::duration<double>(now - measured_from_).count();
  if (seconds < kMinSeconds) return;
  progress_.rate = static_cast<double>(progress_.bytes - bytes_from_) / seconds;
  if (progress_.rate <= 0 || progress_.bytes_total < progress_.bytes) {
    progress_.eta_seconds = -1;
    return;
  }
  const auto left = static_cast<double>(progress_.bytes_total - progress_.bytes);
  progress_.eta_seconds = static_cast<std::int64_t>(left / progress_.rate);
}

}  // namespace backshelf
