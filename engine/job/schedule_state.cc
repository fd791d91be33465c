#include "engine/job/schedule_state.h"

#include <algorithm>

namespace backshelf {
namespace {

Json print_time(const std::optional<Instant>& instant) {
  return instant ? Json(to_rfc3339(*instant)) : Json();
}

}  // namespace

void ScheduleState::take_rule(const std::string& text, Instant now) {
  if (rule == text) return;
  rule = text;
  known = runs.since = now;
}

void ScheduleState::begin(Instant now) {
  before = runs.attempted;
  runs.since = counted_from(runs, now);
  runs.attempted = now;
  runs.highest = std::max(runs.highest.value_or(now), now);
  running = true;
}

void ScheduleState::take_back() {
  if (runs.highest == runs.attempted) runs.highest = before;
  runs.attempted = before;
  running = false;
}

void ScheduleState::after_restart() {
  if (!running) return;
  if (restarts == 0) {
    take_back();
    restarts = 1;
  } else {
    running = false;
    failed = true;
    restarts = 0;
  }
}

Json print_schedule_state(const ScheduleState& state) {
  Json json = Json::object();
  json.set("rule", state.rule).set("known", to_rfc3339(state.known));
  json.set("since", to_rfc3339(state.runs.since));
  json.set("attempted", print_time(state.runs.attempted));
  json.set("highest", print_time(state.runs.highest)).set("before", print_time(state.before));
  json.set("running", state.running).set("restarts", state.restarts);
  return json.set("failed", state.failed);
}

ScheduleState parse_schedule_state(const Json& json) {
  ScheduleState state;
  state.rule = json["rule"].text_or("");
  state.known = parse_iso8601(json["known"].text_or("")).value_or(Instant{});
  state.runs.since = parse_iso8601(json["since"].text_or("")).value_or(Instant{});
  state.runs.attempted = parse_iso8601(json["attempted"].text_or(""));
  state.runs.highest = parse_iso8601(json["highest"].text_or(""));
  state.before = parse_iso8601(json["before"].text_or(""));
  state.running = json["running"].bool_or(false);
  state.restarts = static_cast<int>(json["restarts"].int_or(0));
  state.failed = json["failed"].bool_or(false);
  return state;
}

}  // namespace backshelf
