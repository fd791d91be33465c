#include "engine/job/scheduler.h"

#include <gmock/gmock.h>

#include "tests/engine/job/scheduler_fixture.h"

namespace backshelf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kQueued = "backup to=nas";

TEST_F(SchedulerTest, a_backup_is_queued_when_it_is_due_and_not_again) {
  look_at("2026-11-25T04:44:59+01:00");
  EXPECT_THAT(queue(), IsEmpty());
  EXPECT_EQ(next(), "2026-11-25T04:45");
  look_at("2026-11-25T04:45:00+01:00");
  EXPECT_THAT(queue(), ElementsAre(kQueued));
  EXPECT_EQ(next(), "2026-11-26T04:45");
  look_at("2026-11-25T04:45:30+01:00");
  let_it_run(Scheduler::Outcome::kDone);
  look_at("2026-11-25T04:46:00+01:00");
  EXPECT_THAT(queue(), IsEmpty());
}

TEST_F(SchedulerTest, it_is_an_automatic_one_of_the_configured_parts) {
  config.automatic.parts = {"config", "apps"};
  start_anew();
  look_at("2026-11-25T04:45:00+01:00");
  const auto taken = board_->take({});
  const auto& command = std::get<BackupCommand>(taken->command);
  EXPECT_TRUE(command.automatic);
  EXPECT_THAT(command.parts, ElementsAre("config", "apps"));
  EXPECT_THAT(command.to, ElementsAre("nas"));
}

TEST_F(SchedulerTest, a_restart_runs_nothing_twice) {
  look_at("2026-11-25T04:45:00+01:00");
  let_it_run(Scheduler::Outcome::kDone);
  start_anew();
  look_at("2026-11-25T04:46:00+01:00");
  EXPECT_THAT(queue(), IsEmpty());
  EXPECT_EQ(next(), "2026-11-26T04:45");
}

TEST_F(SchedulerTest, days_off_are_made_up_for_by_one_run) {
  look_at("2026-11-25T04:45:00+01:00");
  let_it_run(Scheduler::Outcome::kDone);
  clock.set_wall(*parse_iso8601("2026-11-30T20:00:00+01:00"));
  start_anew();
  (void)scheduler_->look();
  EXPECT_THAT(queue(), ElementsAre(kQueued));
  let_it_run(Scheduler::Outcome::kDone);
  look_at("2026-11-30T20:01:00+01:00");
  EXPECT_THAT(queue(), IsEmpty());
  EXPECT_EQ(next(), "2026-12-01T04:45");
}

TEST_F(SchedulerTest, making_up_waits_until_the_machine_has_settled) {
  look_at("2026-11-25T04:45:00+01:00");
  let_it_run(Scheduler::Outcome::kDone);
  config.automatic.jitter = std::chrono::hours(1);
  clock.set_wall(*parse_iso8601("2026-11-30T20:00:00+01:00"));
  start_anew();
  (void)scheduler_->look();
  EXPECT_THAT(queue(), IsEmpty());
  EXPECT_EQ(next(), "2026-11-30T20:05");
  clock.advance(std::chrono::minutes(4));
  (void)scheduler_->look();
  EXPECT_THAT(queue(), IsEmpty());
  clock.advance(std::chrono::minutes(1));
  (void)scheduler_->look();
  EXPECT_THAT(queue(), ElementsAre(kQueued));
}

TEST_F(SchedulerTest, another_backup_is_waited_for) {
  board_->enqueue(BackupCommand{});
  look_at("2026-11-25T04:45:00+01:00");
  EXPECT_THAT(queue(), ElementsAre("backup"));
  let_it_run(Scheduler::Outcome::kDone);
  look_at("2026-11-25T05:45:00+01:00");
  EXPECT_THAT(queue(), ElementsAre(kQueued));
}

TEST_F(SchedulerTest, one_that_met_another_processs_backup_is_still_due) {
  look_at("2026-11-25T04:45:00+01:00");
  let_it_run(Scheduler::Outcome::kBusy);
  look_at("2026-11-25T04:46:00+01:00");
  EXPECT_THAT(queue(), ElementsAre(kQueued));
}

TEST_F(SchedulerTest, one_that_failed_waits_for_the_next_day) {
  look_at("2026-11-25T04:45:00+01:00");
  let_it_run(Scheduler::Outcome::kFailed);
  look_at("2026-11-25T04:46:00+01:00");
  EXPECT_THAT(queue(), IsEmpty());
  EXPECT_TRUE(parse_schedule_state(state->member(kScheduleKey)).failed);
}

TEST_F(SchedulerTest, one_that_was_cancelled_while_it_waited_does_not_come_back) {
  look_at("2026-11-25T04:45:00+01:00");
  EXPECT_TRUE(board_->cancel());
  look_at("2026-11-25T04:46:00+01:00");
  start_anew();
  look_at("2026-11-25T04:47:00+01:00");
  EXPECT_THAT(queue(), IsEmpty());
}

TEST_F(SchedulerTest, one_that_the_daemons_end_interrupted_is_due_after_it) {
  look_at("2026-11-25T04:45:00+01:00");
  scheduler_->close();
  let_it_run(Scheduler::Outcome::kCancelled);
  start_anew();
  look_at("2026-11-25T08:00:00+01:00");
  EXPECT_THAT(queue(), ElementsAre(kQueued));
}

TEST_F(SchedulerTest, a_clock_put_back_by_an_hour_runs_nothing_twice) {
  look_at("2026-11-25T04:45:00+01:00");
  let_it_run(Scheduler::Outcome::kDone);
  for (const char* time : {"2026-11-25T03:45:00+01:00", "2026-11-25T04:45:00+01:00"}) {
    look_at(time);
    EXPECT_THAT(queue(), IsEmpty());
  }
  look_at("2026-11-26T04:45:00+01:00");
  EXPECT_THAT(queue(), ElementsAre(kQueued));
}

TEST_F(SchedulerTest, a_clock_that_was_in_2099_for_days_does_not_stop_the_schedule) {
  for (const char* time : {"2099-01-01T04:45:00+01:00", "2099-01-02T04:45:00+01:00"}) {
    look_at(time);
    let_it_run(Scheduler::Outcome::kDone);
  }
  look_at("2026-11-25T03:00:00+01:00");
  EXPECT_THAT(queue(), IsEmpty());
  EXPECT_EQ(next(), "2026-11-25T04:45");
  look_at("2026-11-25T04:45:00+01:00");
  EXPECT_THAT(queue(), ElementsAre(kQueued));
}

TEST_F(SchedulerTest, without_days_nothing_is_due_nor_stale) {
  config.automatic.days = "never";
  start_anew();
  look_at("2030-01-01T00:00:00+00:00");
  EXPECT_THAT(queue(), IsEmpty());
  EXPECT_EQ(next(), "none");
  EXPECT_THAT(problems(), IsEmpty());
}

// Too old.

TEST_F(SchedulerTest, without_any_backup_it_is_stale_after_that_time) {
  look_at("2026-11-27T11:00:00+01:00");
  EXPECT_THAT(problems(), IsEmpty());
  look_at("2026-11-27T12:00:01+01:00");
  EXPECT_THAT(problems(), ElementsAre("stale"));
  EXPECT_THAT(board_->snapshot().problems[0].what,
              HasSubstr("2026-11-24 12:00, for longer than 3d"));
}

TEST_F(SchedulerTest, only_a_backup_that_may_be_worth_something_ends_it) {
  (void)catalog.add("A");
  Backup backup = *catalog.resolve("A");
  backup.when = to_timestamp(*parse_iso8601("2026-11-27T20:00:00+01:00"));
  const auto change = [&](bool uploaded, State state) {
    backup.uploaded = uploaded;
    backup.state = state;
    catalog.replace(backup);
    look_at("2026-11-28T00:00:00+01:00");
  };
  change(true, State::kOk);
  EXPECT_THAT(problems(), ElementsAre("stale"));
  change(false, State::kDamaged);
  EXPECT_THAT(problems(), ElementsAre("stale"));
  change(false, State::kUnchecked);
  EXPECT_THAT(problems(), IsEmpty());
  backup.when = to_timestamp(*parse_iso8601("2099-01-01T00:00:00+01:00"));
  change(false, State::kOk);
  EXPECT_THAT(problems(), ElementsAre("stale"));
}

TEST_F(SchedulerTest, the_last_backup_counts_while_its_disk_is_away_but_not_when_it_is_damaged) {
  LastBackup last;
  last.ok = true;
  last.folder = "A";
  last.date = *parse_iso8601("2026-11-27T20:00:00+01:00");
  board_->remember(last);
  look_at("2026-11-28T00:00:00+01:00");
  EXPECT_THAT(problems(), IsEmpty());
  (void)catalog.add("A");
  Backup backup = *catalog.resolve("A");
  backup.when = to_timestamp(last.date);
  backup.state = State::kDamaged;
  catalog.replace(backup);
  look_at("2026-11-28T00:01:00+01:00");
  EXPECT_THAT(problems(), ElementsAre("stale"));
}

TEST_F(SchedulerTest, failing_every_day_makes_it_stale) {
  for (const char* time : {"2026-11-25T04:45:00+01:00", "2026-11-26T04:45:00+01:00",
                           "2026-11-27T04:45:00+01:00", "2026-11-28T04:45:00+01:00"}) {
    look_at(time);
    let_it_run(Scheduler::Outcome::kFailed);
  }
  EXPECT_THAT(problems(), ElementsAre("stale"));
}

}  // namespace
}  // namespace backshelf
