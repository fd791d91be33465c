// Days and times of day in the machine's time zone.
#pragma once

#include <chrono>

#include "engine/base/clock.h"

namespace backshelf {

// A day of the calendar, wherever it is: counted as if it were in UTC.
using Day = std::chrono::sys_days;

struct LocalTime {
  Day day;
  std::chrono::seconds of_day;  // what a clock on the wall shows
};

// Both follow a change of the machine's time zone, and may be called from any thread.
[[nodiscard]] LocalTime to_local(Instant instant);
// When a clock on the wall shows this time of that day. A time that does not exist, because the
// clock was put forward over it, is the first instant after the gap; of one that exists twice, the
// first. REQUIRES: of_day is at least 0 and less than a day.
[[nodiscard]] Instant to_instant(Day day, std::chrono::seconds of_day);
// "2026-11-24 04:45"
[[nodiscard]] std::string shown_local(Instant instant);

}  // namespace backshelf
