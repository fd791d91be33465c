// Ctrl-C and SIGTERM as a stop request, so that a half-made backup is dropped and not left behind.
#pragma once

#include <stop_token>
#include <thread>

namespace backshelf {

// Make it before any other thread: the signals are blocked in all threads and waited for in one of
// its own.
class StopOnSignal {
 public:
  StopOnSignal();
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;
  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  std::jthread waiter_;
};

// No core dumps, no reading of our memory by others of the same user: keys are in it. Writing to a
// closed pipe is an error to report, not a death.
void harden_process();

}  // namespace backshelf
