#include "engine/job/local_time.h"

#include <algorithm>
#include <ctime>

namespace backshelf {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using std::chrono::sys_seconds;

// No zone is further from UTC than 14 hours, so the instant looked for is nearer than this.
constexpr hours kFarFromUtc(24);

seconds offset_at(sys_seconds instant) {
  const std::time_t time = instant.time_since_epoch().count();
  std::tm fields{};
  (void)::localtime_r(&time, &fields);
  return seconds(fields.tm_gmtoff);
}

// The first second of which the offset is another than that of `from`.
// REQUIRES: it is after `from` and not after `to`.
sys_seconds change_between(sys_seconds from, sys_seconds to) {
  const seconds before = offset_at(from);
  while (to - from > seconds(1)) {
    const sys_seconds middle = from + (to - from) / 2;
    (offset_at(middle) == before ? from : to) = middle;
  }
  return to;
}

}  // namespace

LocalTime to_local(Instant instant) {
  ::tzset();  // localtime_r() alone would keep the zone of the start
  const auto whole = std::chrono::floor<seconds>(instant);
  const sys_seconds shown = whole + offset_at(whole);
  const Day day = std::chrono::floor<std::chrono::days>(shown);
  return {day, shown - day};
}

Instant to_instant(Day day, seconds of_day) {
  ::tzset();
  const sys_seconds shown = sys_seconds(day) + of_day;
  const seconds before = offset_at(shown - kFarFromUtc);
  const seconds after = offset_at(shown + kFarFromUtc);
  const sys_seconds first = shown - std::max(before, after);
  const sys_seconds second = shown - std::min(before, after);
  if (first + offset_at(first) == shown) return first;
  if (second + offset_at(second) == shown) return second;
  return change_between(first, second);
}

std::string shown_local(Instant instant) {
  constexpr std::size_t kMinutes = std::string_view("2026-11-24T04:45").size();
  std::string text = to_rfc3339_local(instant).substr(0, kMinutes);
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text;
}

}  // namespace backshelf
