// A clock that moves only when told.
#pragma once

#include "engine/base/clock.h"

namespace backshelf {

class FakeClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return wall_; }
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override { return steady_; }
  void advance(std::chrono::microseconds by) {
    wall_ += by;
    steady_ += by;
  }
  void set_wall(Instant to) { wall_ = to; }

 private:
  Instant wall_{std::chrono::seconds(1'795'000'000)};
  std::chrono::steady_clock::time_point steady_{std::chrono::hours(1)};
};

}  // namespace backshelf
