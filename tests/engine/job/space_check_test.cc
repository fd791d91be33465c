#include "engine/job/space_check.h"

#include <gmock/gmock.h>

#include "engine/job/estimate.h"
#include "engine/job/past_sizes.h"
#include "tests/engine/job/job_fixture.h"

namespace backshelf {
namespace {

using testing::HasSubstr;

class SpaceCheck : public JobTest {
 protected:
  SpaceCheck() { disk.write("home/ssl/large", std::string(1 << 20, 'x')); }

  static void set_space(MemoryLocation& location, std::uint64_t free) {
    location.change([free](MemoryStore& store) { store.space = {free, 1 << 30}; });
  }
  // The last one took as many bytes as it stored.
  void remember_one() {
    const std::uint64_t bytes = estimate_home(parts(), {}, {}).bytes;
    remember_size(*state, plan_backup(parts(), {}), {bytes, bytes});
  }
  BackupPlan checked(const BackupCommand& command = {}) {
    BackupPlan plan = plan_backup(parts(), command);
    check_space(parts(), plan, {});
    return plan;
  }
};

TEST_F(SpaceCheck, without_an_earlier_backup_nobody_is_refused) {
  set_space(*local, 0);
  set_space(*nas, 0);
  EXPECT_FALSE(checked().places[0].failure);
}

TEST_F(SpaceCheck, a_location_without_room_fails_alone) {
  remember_one();
  set_space(*local, 1 << 10);
  set_space(*nas, 1 << 28);
  const BackupPlan plan = checked();
  ASSERT_TRUE(plan.places[0].failure);
  EXPECT_EQ(plan.places[0].failure->kind(), ErrorKind::kNoSpace);
  EXPECT_THAT(plan.places[0].failure->what(),
              HasSubstr("location local: no space for about 1 MiB"));
  EXPECT_FALSE(plan.places[1].failure);
}

TEST_F(SpaceCheck, a_backup_that_fits_nowhere_does_not_start) {
  remember_one();
  set_space(*local, 1 << 10);
  set_space(*nas, 1 << 10);
  try {
    (void)checked();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNoSpace);
    EXPECT_THAT(error.what(), HasSubstr("location local"));
    EXPECT_THAT(error.what(), HasSubstr("location nas"));
  }
}

TEST_F(SpaceCheck, files_that_are_gone_need_no_room) {
  remember_one();
  set_space(*local, 100 << 10);
  set_space(*nas, 100 << 10);
  disk.write("home/ssl/large", "small");
  EXPECT_FALSE(checked().places[0].failure);
}

TEST_F(SpaceCheck, a_little_short_may_still_fit_and_untold_space_is_no_reason) {
  remember_one();
  set_space(*local, 1000 << 10);
  EXPECT_FALSE(checked().places[0].failure);
  EXPECT_FALSE(checked().places[1].failure) << "total 0: not told";
}

TEST_F(SpaceCheck, another_choice_of_parts_is_another_backup) {
  remember_one();
  set_space(*local, 0);
  set_space(*nas, 0);
  EXPECT_FALSE(checked({.parts = {"config"}}).places[0].failure);
  config.home.exclude = {"ssl/large"};
  EXPECT_FALSE(checked().places[0].failure);
}

TEST_F(SpaceCheck, a_backup_remembers_what_it_took_and_the_next_is_refused_by_it) {
  config.locations.resize(1);
  (void)make()->run(BackupCommand{}, {}, {});
  const auto past = find_past_size(state.get(), plan_backup(parts(), {}));
  ASSERT_TRUE(past);
  EXPECT_GE(past->plain_bytes, 1U << 20);
  EXPECT_EQ(past->archive_bytes, local->look().objects.begin()->second.size());
  set_space(*local, 0);
  set_space(*nas, 0);
  EXPECT_EQ(kind_of([&] { (void)make()->run(BackupCommand{}, {}, {}); }), ErrorKind::kNoSpace);
  EXPECT_EQ(local->look().objects.size(), 1u);
  EXPECT_EQ(local->look().pending, 0u);
}

TEST_F(SpaceCheck, sixteen_choices_are_remembered) {
  for (int i = 0; i < 40; ++i) {
    config.home.exclude = {concat("x", i)};
    remember_size(*state, plan_backup(parts(), {}), {100, static_cast<std::uint64_t>(i + 1)});
  }
  EXPECT_EQ(state->read()["backup_sizes"].items().size(), 16u);
  EXPECT_EQ(find_newest_size(state.get())->archive_bytes, 40u);
}

TEST_F(SpaceCheck, the_estimate_counts_what_would_be_stored) {
  set_space(*local, 5 << 20);
  const HomeEstimate all = estimate_home(parts(), {}, {});
  ASSERT_EQ(all.parts.size(), 4u);
  EXPECT_EQ(all.parts[3].part, "ssl");
  EXPECT_EQ(all.parts[3].bytes, (1u << 20) + 4);
  EXPECT_FALSE(all.archive_bytes);
  EXPECT_EQ(all.problems.size(), 1u);
  ASSERT_EQ(all.places.size(), 2u);
  EXPECT_EQ(all.places[0].space.free_bytes, 5u << 20);
  EXPECT_NE(all.places[1].problem, "");
  remember_size(*state, plan_backup(parts(), {}), {1000, 500});
  EXPECT_EQ(estimate_home(parts(), {}, {}).archive_bytes, all.bytes / 2);
  const HomeEstimate other = estimate_home(parts(), {.parts = {"ssl"}}, {});
  EXPECT_EQ(other.archive_bytes, other.bytes / 2);
  EXPECT_FALSE(other.by_same_parts);
}

}  // namespace
}  // namespace backshelf
