// How much there is to back up, counted beside the backup: only the progress wants to know. Part of
// engine/job only.
#pragma once

#include <optional>
#include <thread>

#include "engine/base/guarded.h"
#include "engine/job/backup_plan.h"

namespace backshelf {

class HomeCount {
 public:
  struct Total {
    std::uint64_t files = 0, bytes = 0;
  };
  // Begins in a thread of its own, at low priority. `plan` is borrowed.
  explicit HomeCount(const BackupPlan& plan);
  HomeCount(const HomeCount&) = delete;
  HomeCount& operator=(const HomeCount&) = delete;
  ~HomeCount() = default;  // a count that is not complete is given up

  // Of all parts; none until it is complete, or when a part cannot be counted. Thread-safe.
  [[nodiscard]] std::optional<Total> total() const;

 private:
  void count(const BackupPlan& plan, const std::stop_token& stop);

  Guarded<std::optional<Total>> total_;
  std::jthread thread_;
};

}  // namespace backshelf
