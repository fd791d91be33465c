// What the schedule must know after a restart, as it stands in the state; part of engine/job only.
#pragma once

#include <string>

#include "engine/job/schedule.h"
#include "engine/json/json.h"

namespace backshelf {

inline constexpr const char* kScheduleKey = "schedule";  // in the state

struct ScheduleState {
  std::string rule;  // of the INI, to which `runs` belongs: "daily 04:45"
  Instant known;     // the daemon knows this rule since then
  Runs runs;
  std::optional<Instant> before;  // runs.attempted without the run that is under way
  bool running = false;           // one was queued, and nobody said what became of it
  int restarts = 0;     // how often the run under way was begun again after the process died
  bool failed = false;  // the last run made no backup

  // Another rule: what it would have done before is not made up for.
  void take_rule(const std::string& text, Instant now);
  // The run under way begins now.
  void begin(Instant now);
  // As if it had not begun.
  void take_back();
  // The process that made the backup is gone: begins it once more, but only once, because it may
  // be the reason.
  void after_restart();
};

[[nodiscard]] Json print_schedule_state(const ScheduleState& state);
[[nodiscard]] ScheduleState parse_schedule_state(const Json& json);  // nothing stored: the default

}  // namespace backshelf
