// Segments read by position: every byte right, and no byte at all where something is wrong.
#include "engine/deflate/segment_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "engine/deflate/packer.h"
#include "tests/engine/deflate/gzip_samples.h"
#include "tests/support/kind_of.h"

namespace backshelf {
namespace {

using samples::append;
using samples::noise;
using samples::source_of;
using samples::text;

// A tar-like stream: packs, bodies of their own, stored ones, and tails of segments.
struct Sample {
  ByteVec plain, packed;
  std::vector<Segment> segments;
};

void add(Sample& sample, Packer& packer, ByteView body) {
  packer.mark_entry("x");
  packer.write(ByteVec(512));
  packer.mark_body(body.size());
  packer.write(body);
  packer.mark_body_end();
  append(sample.plain, ByteVec(512));
  append(sample.plain, body);
}

Sample make_sample(Level level = Level::kFast) {
  Sample sample;
  WorkerPool pool(2);
  MemorySink sink;
  const auto packer = make_packer({.level = level}, sink, pool);
  for (unsigned i = 0; i < 100; ++i) add(sample, *packer, text(3000 + 41 * i, i));
  add(sample, *packer, text(5'000'000, 3));
  add(sample, *packer, noise(1'500'000));
  for (unsigned i = 0; i < 60; ++i) add(sample, *packer, text(20'000, i));
  add(sample, *packer, ByteVec(2'500'000));
  sample.segments = packer->finish();
  sample.packed = sink.take();
  return sample;
}

const Sample& sample() {
  static const Sample made = make_sample();
  return made;
}

// Whether the read gives exactly the plain bytes, short at the end only.
bool reads_right(const RandomSource& source, std::uint64_t offset, std::size_t size) {
  const ByteVec& plain = sample().plain;
  ByteVec out(size, std::byte{0x5a});
  const std::size_t got = source.read_at(offset, out);
  const std::size_t expected =
      offset >= plain.size() ? 0 : std::min<std::size_t>(size, plain.size() - offset);
  return got == expected && (got == 0 || std::memcmp(out.data(), plain.data() + offset, got) == 0);
}

TEST(SegmentSource, EveryLevelReadsBack) {
  for (const Level level : {Level::kFast, Level::kBalanced, Level::kSmall}) {
    const Sample made = make_sample(level);
    BlockCache cache(8 * kMiB);
    WorkerPool pool(2);
    const auto source = make_segment_source(source_of(made.packed), made.segments, cache, &pool);
    ASSERT_EQ(source->size(), made.plain.size());
    ByteVec all(made.plain.size() + 1);
    ASSERT_EQ(source->read_at(0, all), made.plain.size());
    all.pop_back();
    EXPECT_TRUE(all == made.plain);
  }
}

TEST(SegmentSource, EveryByteIsRightAnywhereFromManyThreads) {
  for (const std::uint64_t cache_bytes : {kMiB / 2, 3 * kMiB, 64 * kMiB}) {
    BlockCache cache(cache_bytes);
    WorkerPool pool(2);
    for (WorkerPool* const ahead : {&pool, static_cast<WorkerPool*>(nullptr)}) {
      const auto source =
          make_segment_source(source_of(sample().packed), sample().segments, cache, ahead);
      std::atomic<int> wrong = 0;
      const auto read = [&](unsigned seed) {
        std::mt19937_64 random(seed);
        const std::size_t size = sample().plain.size();
        for (int i = 0; i < 60; ++i) {
          if (!reads_right(*source, random() % (size + 10), 1 + random() % 70'000)) ++wrong;
        }
        // In order, in pieces that meet no boundary; then one read over several segments.
        std::uint64_t at = random() % size;
        for (int i = 0; i < 40; ++i, at += 99'991) {
          if (!reads_right(*source, at, 99'991)) ++wrong;
        }
        if (!reads_right(*source, random() % size, 3'300'000)) ++wrong;
      };
      std::vector<std::jthread> threads;
      for (unsigned seed = 1; seed <= 4; ++seed) threads.emplace_back(read, seed);
      threads.clear();
      EXPECT_EQ(wrong, 0) << cache_bytes;
    }
  }
}

TEST(SegmentSource, EdgesOfSegmentsAndOfTheEnd) {
  BlockCache cache(64 * kMiB);
  WorkerPool pool(2);
  const auto source =
      make_segment_source(source_of(sample().packed), sample().segments, cache, &pool);
  std::uint64_t edge = 0;
  for (const Segment& segment : sample().segments) {
    edge += segment.plain_bytes;
    for (const std::uint64_t from : {edge - 1, edge, edge + 1}) {
      EXPECT_TRUE(reads_right(*source, from, 1)) << edge;
      EXPECT_TRUE(reads_right(*source, from, 2)) << edge;
    }
  }
  EXPECT_EQ(edge, sample().plain.size());
  EXPECT_EQ(source->read_at(0, {}), 0U);
  EXPECT_TRUE(reads_right(*source, ~std::uint64_t{0} - 5, 10));
}

TEST(SegmentSource, NoSegmentsAreNoBytes) {
  BlockCache cache(kMiB);
  const auto source = make_segment_source(source_of({}), {}, cache, nullptr);
  ByteVec out(10);
  EXPECT_EQ(source->size(), 0U);
  EXPECT_EQ(source->read_at(0, out), 0U);
}

TEST(SegmentSource, ASourceMayGoWhileItIsReadAheadOf) {
  BlockCache cache(64 * kMiB);
  WorkerPool pool(2);
  for (int i = 0; i < 200; ++i) {
    const auto source =
        make_segment_source(source_of(sample().packed), sample().segments, cache, &pool);
    ASSERT_TRUE(reads_right(*source, 0, 10));
    ASSERT_TRUE(reads_right(*source, 10, 10));  // in order: two more are on their way
  }
  for (unsigned i = 0; i < 2; ++i) pool.run([] {}).get();
  EXPECT_EQ(cache.bytes(), 0U) << "a task put a block into the cache behind its source's end";
}

// Error paths.

TEST(SegmentSource, AFlippedBitNeverGivesAWrongByte) {
  std::mt19937_64 random(9);
  WorkerPool pool(2);
  std::uint64_t packed_at = kGzipHeaderBytes, plain_at = 0;
  int refused = 0, trials = 0;
  for (const Segment& segment : sample().segments) {
    for (int i = 0; i < 8; ++i, ++trials) {
      ByteVec changed = sample().packed;
      changed[packed_at + random() % segment.packed_bytes] ^= std::byte{1} << (random() % 8);
      BlockCache cache(8 * kMiB);
      const auto source =
          make_segment_source(source_of(std::move(changed)), sample().segments, cache, &pool);
      try {
        // Bits that only fill up a byte mean nothing: then every byte must be right.
        EXPECT_TRUE(reads_right(*source, plain_at, segment.plain_bytes));
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kDamaged);
        ++refused;
        EXPECT_EQ(kind_of([&] { (void)reads_right(*source, plain_at, 1); }), ErrorKind::kDamaged);
      }
      // The others are as good as before.
      EXPECT_TRUE(plain_at == 0 || reads_right(*source, 0, 100));
    }
    packed_at += segment.packed_bytes;
    plain_at += segment.plain_bytes;
  }
  EXPECT_GT(refused, trials / 2);  // in zeros many a changed bit changes no byte
}

TEST(SegmentSource, AWrongTableIsDamage) {
  const auto kind_with = [](const auto& change) {
    std::vector<Segment> table = sample().segments;
    change(table);
    return kind_of([&] {
      BlockCache cache(64 * kMiB);
      const auto source = make_segment_source(source_of(sample().packed), table, cache, nullptr);
      ByteVec all(static_cast<std::size_t>(source->size()));
      (void)source->read_at(0, all);
    });
  };
  using Table = std::vector<Segment>;
  EXPECT_EQ(kind_with([](Table& table) { ++table[2].crc32; }), ErrorKind::kDamaged);
  EXPECT_EQ(kind_with([](Table& table) { ++table[2].plain_bytes; }), ErrorKind::kDamaged);
  EXPECT_EQ(kind_with([](Table& table) { --table[2].plain_bytes; }), ErrorKind::kDamaged);
  EXPECT_EQ(kind_with([](Table& table) { ++table[2].packed_bytes; }), ErrorKind::kDamaged);
  EXPECT_EQ(kind_with([](Table& table) { --table[2].packed_bytes; }), ErrorKind::kDamaged);
  EXPECT_EQ(kind_with([](Table& table) { std::swap(table[1], table[3]); }), ErrorKind::kDamaged);
  EXPECT_EQ(kind_with([](Table& table) { table.erase(table.begin()); }), ErrorKind::kDamaged);
  EXPECT_EQ(kind_with([](Table& table) { table.push_back(table.back()); }), ErrorKind::kDamaged);
  EXPECT_EQ(kind_with([](Table& table) { table[0].plain_bytes = ~std::uint64_t{0}; }),
            ErrorKind::kDamaged);
  EXPECT_EQ(kind_with([](Table& table) { table[0].packed_bytes = ~std::uint64_t{0}; }),
            ErrorKind::kDamaged);
}

TEST(SegmentSource, ErrorsOfTheSourceBelowComeThroughAndOnlyWhereTheyAre) {
  const std::uint64_t first = kGzipHeaderBytes + sample().segments[0].packed_bytes;
  BlockCache cache(64 * kMiB);
  WorkerPool pool(2);
  const auto below =
      std::make_shared<samples::FailingSource>(sample().packed, first, first + 1, ErrorKind::kIo);
  const auto source = make_segment_source(below, sample().segments, cache, &pool);
  const std::uint64_t edge = sample().segments[0].plain_bytes;
  EXPECT_TRUE(reads_right(*source, 0, 1000));
  EXPECT_TRUE(reads_right(*source, 1000, 1000));  // what is read ahead fails unseen
  EXPECT_EQ(kind_of([&] { (void)reads_right(*source, edge, 1); }), ErrorKind::kIo);
  EXPECT_EQ(kind_of([&] { (void)reads_right(*source, edge - 1, 2); }), ErrorKind::kIo);
  EXPECT_TRUE(reads_right(*source, edge + sample().segments[1].plain_bytes, 1000));
}

}  // namespace
}  // namespace backshelf
