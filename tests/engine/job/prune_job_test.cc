#include <gmock/gmock.h>

#include "engine/job/jobs.h"
#include "engine/job/schedule_state.h"
#include "tests/engine/job/job_fixture.h"

namespace backshelf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Two locations; what a prune takes away.
class PruneTest : public JobTest {
 protected:
  PruneTest() {
    config.automatic.days = "daily";
    config.automatic.keep = 2;
    config.locations[1].keep = 1;
  }

  void add(const std::string& location, int day, bool good = true) {
    const std::string folder = concat(location, " ", day);
    (void)catalog.add(folder);
    Backup backup = *catalog.resolve(folder);
    backup.location = location;
    backup.automatic = true;
    backup.good = good;
    backup.when = to_timestamp(clock.now() - std::chrono::hours(24) * (30 - day));
    catalog.replace(backup);
  }
  void add_days() {
    for (const char* location : {"local", "nas"}) {
      for (int day = 1; day <= 4; ++day) add(location, day);
    }
  }
  std::string prune(bool dry_run = false) { return make()->run(PruneCommand{dry_run}, {}, {}); }
  [[nodiscard]] std::vector<std::string> removed() const { return catalog.look().removed; }
};

TEST_F(PruneTest, each_location_keeps_its_own_number) {
  add_days();
  const std::string answer = prune();
  EXPECT_THAT(removed(), ElementsAre("local 2", "local 1", "nas 3", "nas 2", "nas 1"));
  EXPECT_THAT(answer, HasSubstr("location nas: 3 to go, 1 stay"));
}

TEST_F(PruneTest, what_lies_where_the_schedule_does_not_write_is_kept_unless_asked) {
  add_days();
  config.automatic.locations = {"local"};
  config.locations[1].keep.reset();
  EXPECT_THAT(prune(), HasSubstr("location nas: nothing goes: [automatic] does not write there"));
  EXPECT_THAT(removed(), ElementsAre("local 2", "local 1"));
}

TEST_F(PruneTest, a_dry_run_removes_nothing_and_says_why_each_stays_or_goes) {
  add_days();
  const std::string answer = prune(/*dry_run=*/true);
  EXPECT_THAT(removed(), IsEmpty());
  EXPECT_THAT(answer, HasSubstr("stays  local 3  (copy 2 of keep = 2)"));
  EXPECT_THAT(answer, HasSubstr("goes   nas 3  (no rule keeps it)"));
}

TEST_F(PruneTest, nothing_goes_anywhere_while_the_newest_is_not_verified) {
  add_days();
  add("local", 5, /*good=*/false);
  EXPECT_THAT(prune(), HasSubstr("the newest automatic backup is not verified good"));
  EXPECT_THAT(removed(), IsEmpty());
}

TEST_F(PruneTest, one_sound_copy_of_the_newest_is_enough_but_not_for_the_other_location) {
  add_days();
  add("local", 5);
  add("nas", 5, /*good=*/false);
  EXPECT_THAT(prune(), HasSubstr("location nas: nothing goes: the newest automatic backup, nas 5"));
  EXPECT_THAT(removed(), ElementsAre("local 3", "local 2", "local 1"));
}

TEST_F(PruneTest, nothing_goes_after_an_automatic_backup_that_failed) {
  add_days();
  ScheduleState schedule;
  schedule.failed = true;
  state->update([&](Json& json) { json.set(kScheduleKey, print_schedule_state(schedule)); });
  EXPECT_THAT(prune(), HasSubstr("the last automatic backup failed"));
  EXPECT_THAT(removed(), IsEmpty());
}

TEST_F(PruneTest, one_that_refuses_is_told_and_the_others_go) {
  add_days();
  Backup pinned_meanwhile = *catalog.resolve("nas 2");
  pinned_meanwhile.protects = true;  // of which the rules say that it stays
  catalog.replace(pinned_meanwhile);
  EXPECT_THAT(prune(), Not(HasSubstr("deleted nas 2")));
  EXPECT_THAT(removed(), ElementsAre("local 2", "local 1", "nas 3", "nas 1"));
}

}  // namespace
}  // namespace backshelf
