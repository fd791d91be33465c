#include "engine/catalog/opened_archives.h"

#include <gtest/gtest.h>

#include "tests/support/fake_catalog.h"

namespace backshelf {
namespace {

class OpenedArchivesTest : public testing::Test {
 protected:
  // The archive of `slot`, opened when it is not open any more; then taking `bytes` of memory.
  void use(std::uint32_t slot, std::uint64_t bytes = 0) {
    const auto archive = opened_.get(slot, [&] {
      ++times_opened_[slot];
      return std::make_shared<FakeArchive>(State::kOk);
    });
    static_cast<FakeArchive&>(*archive).memory = bytes;
  }

  OpenedArchives opened_;
  std::map<std::uint32_t, int> times_opened_;
};

TEST_F(OpenedArchivesTest, AFewAreKeptOpen) {
  for (std::uint32_t slot = 0; slot < 8; ++slot) use(slot);
  for (std::uint32_t slot = 0; slot < 8; ++slot) use(slot);
  for (std::uint32_t slot = 0; slot < 8; ++slot) EXPECT_EQ(times_opened_[slot], 1) << slot;
}

TEST_F(OpenedArchivesTest, TheOneUsedLongestAgoIsClosedFirst) {
  for (std::uint32_t slot = 0; slot < 9; ++slot) use(slot);
  use(1);
  EXPECT_EQ(times_opened_[1], 1);
  use(0);
  EXPECT_EQ(times_opened_[0], 2);
}

TEST_F(OpenedArchivesTest, MemoryIsBoundedOverAllThatAreKept) {
  use(1, 20 * kMiB);
  use(2, 20 * kMiB);
  use(3);  // closes 1: with it, too much would be held
  use(2, 20 * kMiB);
  EXPECT_EQ(times_opened_[2], 1);
  use(1);
  EXPECT_EQ(times_opened_[1], 2);
}

TEST_F(OpenedArchivesTest, TheLastOneStaysHoweverLargeItIs) {
  use(1, 4 * kGiB);
  use(1);
  EXPECT_EQ(times_opened_[1], 1);
}

TEST_F(OpenedArchivesTest, WhatIsNotInTheShelfAnyMoreIsClosed) {
  use(1);
  use(2);
  opened_.keep_only({2});
  use(1);
  use(2);
  EXPECT_EQ(times_opened_[1], 2);
  EXPECT_EQ(times_opened_[2], 1);
}

TEST_F(OpenedArchivesTest, OneThatSomebodyUsesIsNotOpenedTwice) {
  const auto used = opened_.get(1, [] { return std::make_shared<FakeArchive>(State::kOk); });
  opened_.keep_only({});
  EXPECT_EQ(opened_.get(1, [] { return std::make_shared<FakeArchive>(State::kOk); }), used);
}

TEST_F(OpenedArchivesTest, AFailureToOpenIsForgotten) {
  EXPECT_THROW((void)opened_.get(1,
                                 []() -> OpenedArchives::ArchivePtr {
                                   throw Error(ErrorKind::kIo, "open", "the disk is away");
                                 }),
               Error);
  use(1);
  EXPECT_EQ(times_opened_[1], 1);
}

}  // namespace
}  // namespace backshelf
