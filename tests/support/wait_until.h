// Waiting for what another thread or process brings about without telling anybody.
#pragma once

#include <chrono>
#include <thread>

namespace backshelf {

// Whether it becomes true in time; the limit is for sanitizers on a loaded machine. Fakes, disks
// and processes send no word, so it can only be looked at again and again.
template <typename Condition>
[[nodiscard]] bool wait_until(const Condition& is_so,
                              std::chrono::milliseconds limit = std::chrono::seconds(15)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace backshelf
