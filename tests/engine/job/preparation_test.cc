#include "engine/job/preparation.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/fake_catalog.h"
#include "tests/support/wait_until.h"

namespace backshelf {
namespace {

class PreparationTest : public testing::Test {
 protected:
  // A backup of that second.
  std::shared_ptr<FakeArchive> add(const std::string& folder, std::int64_t second,
                                   State state = State::kUnchecked) {
    auto archive = catalog.add(folder);
    Backup changed = *catalog.resolve(folder);
    changed.when.seconds = second;
    changed.state = state;
    catalog.replace(changed);
    return archive;
  }
  [[nodiscard]] std::unique_ptr<Preparation> begin(Preparation::Which which) {
    return std::make_unique<Preparation>(catalog, null_log(), which);
  }
  void come(const std::string& folder) {
    catalog.tell({.added = {catalog.resolve(folder)}, .removed = {}});
  }

  FakeCatalog catalog{{}};
};

TEST_F(PreparationTest, LooksIntoTheNewestAndIntoWhatComes) {
  const auto old = add("Old", 1), recent = add("Recent", 9);
  const auto preparation = begin(Preparation::Which::kNewest);
  ASSERT_TRUE(wait_until([&] { return recent->checks == 1; }));
  const auto next = add("Next", 10);
  come("Next");
  ASSERT_TRUE(wait_until([&] { return next->checks == 1; }));
  EXPECT_EQ(recent->checks, 1);
  EXPECT_EQ(old->checks, 0);
}

TEST_F(PreparationTest, LooksIntoAllOnceButNotIntoWhatNoKeyOpens) {
  const auto one = add("One", 1), locked = add("Locked", 2, State::kWrongKey),
             three = add("Three", 3);
  one->check_blocked = true;
  const auto preparation = begin(Preparation::Which::kAll);
  ASSERT_TRUE(wait_until([&] { return one->checks == 1; }));
  EXPECT_EQ(three->checks, 1) << "the newest comes first";
  come("One");
  one->check_blocked = false;
  const auto last = add("Last", 0);
  come("Last");
  ASSERT_TRUE(wait_until([&] { return last->checks == 1; }));
  EXPECT_EQ(one->checks, 1);
  EXPECT_EQ(locked->checks, 0);
}

TEST_F(PreparationTest, LetsGoOfWhatIsDeleted) {
  const auto doomed = add("Doomed", 9), other = add("Other", 1);
  doomed->check_blocked = true;
  const auto preparation = begin(Preparation::Which::kNewest);
  ASSERT_TRUE(wait_until([&] { return doomed->checks == 1; }));
  const BackupPtr gone = catalog.resolve("Doomed");
  catalog.tell({.added = {}, .removed = {catalog.resolve("Other")}});
  EXPECT_EQ(doomed->interrupted, 0) << "another one went";
  catalog.remove(*gone, true);
  catalog.tell({.added = {}, .removed = {gone}});
  ASSERT_TRUE(wait_until([&] { return doomed->interrupted == 1 && other->checks == 1; }));
}

TEST_F(PreparationTest, EndsWhileAnArchiveIsLookedInto) {
  const auto slow = add("Slow", 1);
  slow->check_blocked = true;
  {
    const auto preparation = begin(Preparation::Which::kAll);
    ASSERT_TRUE(wait_until([&] { return slow->checks == 1; }));
  }
  EXPECT_EQ(slow->interrupted, 1);
  come("Slow");  // nobody listens any more
  EXPECT_EQ(slow->checks, 1);
}

}  // namespace
}  // namespace backshelf
