// Which segments are decoded ahead: for readers that go on, and for nobody else.
#include "engine/deflate/segment_ahead.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "engine/base/bytes.h"

namespace backshelf {
namespace {

using Numbers = std::vector<std::uint64_t>;

// One read inside a single segment of 1 MiB.
Numbers read(SegmentAhead& ahead, std::uint64_t from, std::uint64_t size) {
  return ahead.note({from, from + size, from / kMiB, from / kMiB});
}

TEST(SegmentAhead, TheWindowGrowsWhileAReaderGoesOn) {
  SegmentAhead ahead(4);
  EXPECT_EQ(read(ahead, 0, kMiB / 2), Numbers{});
  EXPECT_EQ(read(ahead, kMiB / 2, kMiB / 2), Numbers({1}));
  EXPECT_EQ(read(ahead, kMiB, kMiB), Numbers({2, 3}));
  EXPECT_EQ(read(ahead, 2 * kMiB, kMiB), Numbers({4, 5, 6}));  // 3 is on its way
  EXPECT_EQ(read(ahead, 3 * kMiB, kMiB), Numbers({7}));
}

TEST(SegmentAhead, SeveralReadersAreKnownAtOnce) {
  SegmentAhead ahead(4);
  for (std::uint64_t reader = 0; reader < 8; ++reader) {
    EXPECT_EQ(read(ahead, 100 * reader * kMiB, kMiB), Numbers{});
  }
  for (std::uint64_t reader = 0; reader < 8; ++reader) {
    const std::uint64_t segment = 100 * reader + 1;
    EXPECT_EQ(read(ahead, segment * kMiB, kMiB), Numbers({segment + 1, segment + 2}));
  }
}

TEST(SegmentAhead, GapsOfHeadersAndSwappedNeighboursAreOrder) {
  SegmentAhead ahead(4);
  EXPECT_EQ(read(ahead, 100'000, 5000), Numbers{});
  EXPECT_EQ(read(ahead, 106'500, 9000), Numbers({1}));
  EXPECT_EQ(read(ahead, 9 * kMiB + 128 * kKiB, 128 * kKiB), Numbers{});
  EXPECT_EQ(read(ahead, 9 * kMiB, 128 * kKiB), Numbers{});
  EXPECT_EQ(read(ahead, 9 * kMiB + 256 * kKiB, 128 * kKiB), Numbers({10}));
}

TEST(SegmentAhead, StepsAreSeenInBothDirections) {
  SegmentAhead ahead(4);
  for (const std::uint64_t segment : {10U, 17U, 24U}) {
    EXPECT_EQ(read(ahead, segment * kMiB, 4096), Numbers{});
  }
  EXPECT_EQ(read(ahead, 31 * kMiB, 4096), Numbers({38, 45}));
  EXPECT_EQ(read(ahead, 38 * kMiB, 4096), Numbers({52}));
  for (const std::uint64_t segment : {503U, 502U, 501U}) {
    EXPECT_EQ(read(ahead, segment * kMiB + 70'000, 4096), Numbers{});
  }
  EXPECT_EQ(read(ahead, 500 * kMiB + 70'000, 4096), Numbers({499, 498}));
}

TEST(SegmentAhead, OneLongReadWantsAllItsSegments) {
  SegmentAhead ahead(4);
  EXPECT_EQ(ahead.note({kMiB / 2, kMiB, 0, 2}), Numbers({1, 2}));
  EXPECT_EQ(ahead.note({100 * kMiB, 101 * kMiB, 100, 150}), Numbers({101, 102, 103, 104}));
}

TEST(SegmentAhead, RandomReadsWantNextToNothing) {
  SegmentAhead ahead(4);
  std::mt19937_64 random(5);
  std::size_t wanted = 0;
  for (int i = 0; i < 1000; ++i) wanted += read(ahead, random() % 541 * kMiB, 64 * kKiB).size();
  EXPECT_LT(wanted, 100U);
}

TEST(SegmentAhead, WhatWasReadOrForgottenIsNoLongerPlanned) {
  SegmentAhead ahead(2);
  (void)read(ahead, 0, kMiB);
  EXPECT_EQ(read(ahead, kMiB, kMiB), Numbers({2, 3}));
  EXPECT_TRUE(ahead.is_planned(2));
  (void)read(ahead, 2 * kMiB, kMiB);
  EXPECT_FALSE(ahead.is_planned(2));
  EXPECT_TRUE(ahead.is_planned(3));
  ahead.forget(3);
  EXPECT_EQ(read(ahead, 2 * kMiB + 1000, 1000), Numbers{});
  EXPECT_FALSE(ahead.is_planned(3));
}

}  // namespace
}  // namespace backshelf
