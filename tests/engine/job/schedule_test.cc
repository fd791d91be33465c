#include "engine/job/schedule.h"

#include <gtest/gtest.h>

#include <set>

#include "engine/job/schedule_state.h"
#include "tests/support/time_zone.h"

namespace backshelf {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Instant at(const std::string& text) {
  return *parse_iso8601(text);
}

class ScheduleTest : public testing::Test {
 protected:
  static Schedule rule(const std::string& days, const std::string& time,
                       std::chrono::seconds jitter = {}) {
    AutomaticConfig config;
    config.days = days;
    config.time = time;
    config.jitter = jitter;
    return *schedule_of(config, "an installation");
  }
  static std::string next(const Schedule& schedule, const std::string& after) {
    return to_rfc3339_local(next_slot(schedule, at(after))).substr(0, 16);
  }
  // What a daemon that looks so often does from `from` to `to`, on the machine's own clock.
  static std::vector<std::string> runs_between(const Schedule& schedule, Instant from, Instant to,
                                               minutes every = minutes(1)) {
    Runs runs{from, std::nullopt, std::nullopt};
    std::vector<std::string> times;
    for (Instant now = from; now < to; now += every) {
      if (next_slot(schedule, counted_from(runs, now)) > now) continue;
      runs.attempted = runs.highest = now;
      times.push_back(to_rfc3339_local(now).substr(0, 16));
    }
    return times;
  }

  TimeZone zone_{kBerlin};
};

using Times = std::vector<std::string>;

TEST_F(ScheduleTest, never_is_no_schedule) {
  EXPECT_FALSE(schedule_of(AutomaticConfig{}, ""));
}

TEST_F(ScheduleTest, daily_is_every_day_at_that_time_of_the_wall) {
  EXPECT_EQ(next(rule("daily", "04:45"), "2026-11-24T04:44:59+01:00"), "2026-11-24T04:45");
  EXPECT_EQ(next(rule("daily", "04:45"), "2026-11-24T04:45:00+01:00"), "2026-11-25T04:45");
  EXPECT_EQ(next(rule("daily", "00:00"), "2026-12-31T12:00:00+01:00"), "2027-01-01T00:00");
}

TEST_F(ScheduleTest, days_of_the_week) {
  const Schedule schedule = rule("mon,fri", "23:59");
  EXPECT_EQ(next(schedule, "2026-11-23T12:00:00+01:00"), "2026-11-23T23:59");  // a Monday
  EXPECT_EQ(next(schedule, "2026-11-23T23:59:00+01:00"), "2026-11-27T23:59");
  EXPECT_EQ(next(schedule, "2026-11-28T00:00:00+01:00"), "2026-11-30T23:59");
  EXPECT_EQ(next(rule("sun", "04:45"), "2026-11-22T04:45:00+01:00"), "2026-11-29T04:45");
}

TEST_F(ScheduleTest, a_time_that_does_not_exist_is_the_first_instant_after_the_gap) {
  EXPECT_EQ(next_slot(rule("daily", "02:30"), at("2026-03-28T12:00:00+01:00")),
            at("2026-03-29T01:00:00+00:00"));
  const Times expected = {"2026-03-28T02:30", "2026-03-29T03:00", "2026-03-30T02:30"};
  EXPECT_EQ(runs_between(rule("daily", "02:30"), at("2026-03-28T00:00:00+01:00"),
                         at("2026-03-31T00:00:00+02:00")),
            expected);
}

TEST_F(ScheduleTest, a_time_that_exists_twice_runs_once_at_the_first) {
  EXPECT_EQ(next_slot(rule("daily", "02:30"), at("2026-10-24T12:00:00+02:00")),
            at("2026-10-25T00:30:00+00:00"));
  const Times expected = {"2026-10-24T02:30", "2026-10-25T02:30", "2026-10-26T02:30"};
  EXPECT_EQ(runs_between(rule("daily", "02:30"), at("2026-10-24T00:00:00+02:00"),
                         at("2026-10-27T00:00:00+01:00")),
            expected);
}

TEST_F(ScheduleTest, a_year_has_as_many_runs_as_days_whatever_the_clock_does) {
  for (const char* time : {"00:00", "02:00", "02:59", "03:00", "23:29"}) {
    const auto runs = runs_between(rule("daily", time), at("2026-01-01T00:00:00+01:00"),
                                   at("2027-01-01T00:00:00+01:00"), minutes(30));
    std::set<std::string> days;
    for (const std::string& run : runs) days.insert(run.substr(0, 10));
    // The daemon that starts at midnight sharp waits for the next one.
    const std::size_t expected = std::string(time) == "00:00" ? 364 : 365;
    EXPECT_EQ(runs.size(), expected) << time;
    EXPECT_EQ(days.size(), expected) << time;
  }
}

TEST_F(ScheduleTest, a_zone_with_half_hours_and_one_that_skips_a_day) {
  const TimeZone half("LHST-10:30LHDT-11,M10.1.0,M4.1.0");  // 02:00 to 02:30 does not exist
  EXPECT_EQ(next(rule("daily", "02:15"), "2026-10-03T12:00:00+10:30"), "2026-10-04T02:30");
  const TimeZone utc("UTC0");
  EXPECT_EQ(next(rule("daily", "02:15"), "2026-10-03T12:00:00+00:00"), "2026-10-04T02:15");
}

TEST_F(ScheduleTest, jitter_is_the_same_after_a_restart_and_differs_by_day_and_installation) {
  const Schedule schedule = rule("daily", "04:45", hours(1));
  std::set<Instant::duration> shares;
  for (int day = 1; day <= 28; ++day) {
    const Day date = std::chrono::sys_days(std::chrono::January / day / 2026);
    const Instant time = to_instant(date, schedule.time);
    const Instant slot = next_slot(schedule, to_instant(date, {}));
    EXPECT_EQ(slot, next_slot(rule("daily", "04:45", hours(1)), to_instant(date, {})));
    EXPECT_GE(slot, time);
    EXPECT_LT(slot, time + hours(1));
    shares.insert(slot - time);
  }
  EXPECT_GT(shares.size(), 20u);
  Schedule other = schedule;
  other.seed = "another";
  const Instant now = at("2026-06-01T00:00:00+02:00");
  EXPECT_NE(next_slot(schedule, now), next_slot(other, now));
}

TEST_F(ScheduleTest, jitter_over_midnight_still_runs_once_per_day_of_the_schedule) {
  const auto runs = runs_between(rule("daily", "23:00", hours(23)), at("2026-01-01T00:00:00+01:00"),
                                 at("2026-03-02T00:00:00+01:00"), minutes(30));
  EXPECT_GE(runs.size(), 58u);
  EXPECT_LE(runs.size(), 60u);
}

// The machine was off, the process was restarted, the clock jumped.

TEST_F(ScheduleTest, what_was_missed_is_made_up_for_once) {
  const Instant now = at("2026-11-24T12:00:00+01:00");
  Runs runs{at("2026-01-01T00:00:00+01:00"), at("2026-11-20T04:45:00+01:00"), std::nullopt};
  const Schedule schedule = rule("daily", "04:45");
  EXPECT_LE(next_slot(schedule, counted_from(runs, now)), now);
  runs.attempted = now;
  EXPECT_EQ(next_slot(schedule, counted_from(runs, now)), at("2026-11-25T04:45:00+01:00"));
}

TEST_F(ScheduleTest, a_new_schedule_makes_up_for_nothing) {
  const Instant now = at("2026-11-24T12:00:00+01:00");
  ScheduleState state;
  state.runs.attempted = at("2026-01-20T04:45:00+01:00");
  state.take_rule("daily 04:45", now);
  EXPECT_EQ(next_slot(rule("daily", "04:45"), counted_from(state.runs, now)),
            at("2026-11-25T04:45:00+01:00"));
}

TEST_F(ScheduleTest, a_clock_that_went_back_runs_nothing_twice) {
  const Schedule schedule = rule("daily", "04:45");
  const Instant ran = at("2026-11-24T04:45:00+01:00");
  ScheduleState state;
  state.take_rule("daily 04:45", at("2026-11-01T00:00:00+01:00"));
  state.begin(ran);
  for (const hours back : {hours(1), hours(5), hours(23)}) {
    EXPECT_EQ(next_slot(schedule, counted_from(state.runs, ran - back)),
              at("2026-11-25T04:45:00+01:00"));
  }
}

TEST_F(ScheduleTest, a_clock_that_was_years_ahead_is_waited_for_no_day) {
  const Schedule schedule = rule("daily", "04:45");
  ScheduleState state;
  state.take_rule("daily 04:45", at("2026-11-01T00:00:00+01:00"));
  state.begin(at("2026-11-24T04:45:00+01:00"));
  state.begin(at("2099-01-01T00:00:00+01:00"));
  const Instant now = at("2026-11-24T12:00:00+01:00");
  EXPECT_EQ(next_slot(schedule, counted_from(state.runs, now)), at("2026-11-25T04:45:00+01:00"));
  state.begin(at("2099-01-02T04:45:00+01:00"));  // now nothing real is known any more
  EXPECT_EQ(next_slot(schedule, counted_from(state.runs, now)), at("2026-11-25T04:45:00+01:00"));
}

TEST_F(ScheduleTest, a_clock_that_was_behind_for_a_while_runs_no_day_twice) {
  const Schedule schedule = rule("daily", "04:45");
  ScheduleState state;
  state.take_rule("daily 04:45", at("2026-11-01T00:00:00+01:00"));
  state.begin(at("2026-11-24T04:45:00+01:00"));
  const Instant behind = at("2026-11-10T04:45:00+01:00");
  state.runs.since = counted_from(state.runs, at("2026-11-09T12:00:00+01:00"));
  state.begin(behind);
  EXPECT_EQ(next_slot(schedule, counted_from(state.runs, at("2026-11-24T05:00:00+01:00"))),
            at("2026-11-25T04:45:00+01:00"));
}

TEST_F(ScheduleTest, a_process_that_died_begins_once_more_but_only_once) {
  const Instant before = at("2026-11-23T04:45:00+01:00");
  const Instant died = at("2026-11-24T04:45:00+01:00");
  ScheduleState state;
  state.take_rule("daily 04:45", before - hours(24));
  state.begin(before);
  state.running = false;
  state.begin(died);
  state = parse_schedule_state(print_schedule_state(state));
  state.after_restart();
  EXPECT_EQ(state.runs.attempted, before);
  EXPECT_LE(next_slot(rule("daily", "04:45"), counted_from(state.runs, died)), died);
  state.begin(died + minutes(5));
  state = parse_schedule_state(print_schedule_state(state));
  state.after_restart();
  EXPECT_EQ(state.runs.attempted, died + minutes(5));
  EXPECT_TRUE(state.failed);
  EXPECT_FALSE(state.running);
}

TEST_F(ScheduleTest, the_state_comes_back_as_it_was_and_rubbish_is_no_state) {
  ScheduleState state;
  state.take_rule("mon 04:45", at("2026-11-01T00:00:00+00:00"));
  state.begin(at("2026-11-24T04:45:00+00:00"));
  state.failed = true;
  const ScheduleState again = parse_schedule_state(print_schedule_state(state));
  EXPECT_EQ(print_json(print_schedule_state(again)), print_json(print_schedule_state(state)));
  EXPECT_FALSE(parse_schedule_state(Json("x")).runs.attempted);
}

}  // namespace
}  // namespace backshelf
