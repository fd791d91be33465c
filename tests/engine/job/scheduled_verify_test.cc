#include <gmock/gmock.h>

#include "tests/engine/job/scheduler_fixture.h"

namespace backshelf {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ScheduledVerify : public SchedulerTest {
 protected:
  ScheduledVerify() {
    config.automatic.verify_days = 30;
    start_anew();
  }
  void add(const std::string& folder, const char* verified, State state = State::kOk) {
    (void)catalog.add(folder);
    Backup backup = *catalog.resolve(folder);
    backup.state = state;
    backup.when = to_timestamp(clock.now());
    if (verified != nullptr) backup.verified = parse_iso8601(verified);
    catalog.replace(backup);
  }
};

TEST_F(ScheduledVerify, the_one_read_longest_ago_is_next_and_only_one_at_a_time) {
  add("A", "2026-10-02T00:00:00+00:00");
  add("B", "2026-10-01T00:00:00+00:00");
  add("C", "2026-11-01T00:00:00+00:00");
  add("damaged", nullptr, State::kDamaged);
  add("no key", nullptr, State::kNeedsKey);
  (void)scheduler_->look();
  (void)scheduler_->look();
  EXPECT_THAT(queue(), ElementsAre("verify B"));
  (void)board_->take({});
  board_->end();
  (void)scheduler_->look();
  EXPECT_THAT(queue(), IsEmpty()) << "the disks get a rest";
  clock.advance(std::chrono::hours(1));
  (void)scheduler_->look();
  EXPECT_THAT(queue(), ElementsAre("verify A"));
  (void)board_->take({});
  board_->end();
  clock.advance(std::chrono::hours(1));
  (void)scheduler_->look();
  EXPECT_THAT(queue(), IsEmpty())
      << "a result that was not stored is not asked for again and again";
}

TEST_F(ScheduledVerify, what_was_never_read_goes_first_and_a_future_time_is_none) {
  add("A", "2026-10-02T00:00:00+00:00");
  add("B", nullptr, State::kUnchecked);
  (void)scheduler_->look();
  EXPECT_THAT(queue(), ElementsAre("verify B"));
}

TEST_F(ScheduledVerify, zero_days_is_off) {
  config.automatic.verify_days = 0;
  start_anew();
  add("A", nullptr);
  (void)scheduler_->look();
  EXPECT_THAT(queue(), IsEmpty());
}

TEST_F(ScheduledVerify, gives_way_to_the_backup_and_comes_back_after_it) {
  add("A", nullptr);
  (void)scheduler_->look();
  const auto verify = board_->take({});
  look_at("2026-11-25T04:45:00+01:00");
  EXPECT_TRUE(verify->stop.stop_requested());
  board_->end();
  EXPECT_THAT(queue(), ElementsAre("backup to=nas"));
  let_it_run(Scheduler::Outcome::kDone);
  (void)scheduler_->look();
  EXPECT_THAT(queue(), ElementsAre("verify A"));
}

}  // namespace
}  // namespace backshelf
