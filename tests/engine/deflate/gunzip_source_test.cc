#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "engine/deflate/checkpoints.h"
#include "engine/deflate/gunzip.h"
#include "tests/engine/deflate/gzip_samples.h"

namespace backshelf {
namespace {

using namespace samples;

struct Opened {
  BlockCache cache{2 * kMiB};
  GunzipResult result;
  std::unique_ptr<RandomSource> source;

  explicit Opened(std::shared_ptr<const RandomSource> packed) {
    GunzipPass pass(packed, GzipTrailer::kNormal);
    auto finished = pass.finish();
    result = finished.result;
    source = make_gunzip_source(std::move(packed), finished.index, cache);
  }
  explicit Opened(ByteVec packed) : Opened(source_of(std::move(packed))) {}
};

void expect_reads(const RandomSource& source, const ByteVec& plain, int count, unsigned seed) {
  std::mt19937_64 random(seed);
  ByteVec out;
  for (int i = 0; i < count; ++i) {
    const std::size_t offset = random() % (plain.size() + 10);
    out.resize(1 + random() % (i % 10 == 0 ? 700'000 : 5000));
    const std::size_t expected =
        offset >= plain.size() ? 0 : std::min(out.size(), plain.size() - offset);
    ASSERT_EQ(source.read_at(offset, out), expected);
    ASSERT_TRUE(
        std::equal(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(expected),
                   plain.begin() + static_cast<std::ptrdiff_t>(std::min(offset, plain.size()))))
        << offset;
  }
}

ByteVec mixed(std::size_t part) {
  return joined({text(part), noise(part), ByteVec(part), text(part / 2, 2)});
}

TEST(GunzipSource, RandomReadsGiveThePlainBytes) {
  const ByteVec plain = mixed(1 << 20);
  for (const int level : {0, 1, 9}) {
    const Opened opened(gzip(plain, level));
    EXPECT_EQ(opened.source->size(), plain.size());
    expect_reads(*opened.source, plain, 80, static_cast<unsigned>(level));
  }
}

TEST(GunzipSource, FixedCodesAndRunsRestartRight) {
  const ByteVec plain = text(3 << 20);
  for (const int strategy : {Z_FIXED, Z_RLE, Z_HUFFMAN_ONLY}) {
    const Opened opened(gzip(plain, 6, nullptr, strategy));
    expect_reads(*opened.source, plain, 40, 5);
  }
}

TEST(GunzipSource, ManySmallMembersRestartRight) {
  ByteVec plain, packed;
  for (unsigned i = 0; i < 120; ++i) {
    const ByteVec part = text(50'000 + i, i);
    samples::append(plain, part);
    samples::append(packed, gzip(part));
  }
  const Opened opened(packed);
  expect_reads(*opened.source, plain, 60, 6);
}

TEST(GunzipSource, ReadsInOrderDecodeEveryByteOnce) {
  const ByteVec plain = text(4 << 20);
  const ByteVec packed = gzip(plain);
  // Counts what the source below hands out.
  class Counting final : public RandomSource {
   public:
    explicit Counting(ByteVec bytes) : below_(std::move(bytes)) {}
    [[nodiscard]] std::uint64_t size() const override { return below_.size(); }
    [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const override {
      const std::size_t got = below_.read_at(offset, out);
      read += got;
      return got;
    }
    mutable std::atomic<std::uint64_t> read = 0;

   private:
    MemorySource below_;
  };
  const auto counting = std::make_shared<Counting>(packed);
  const Opened opened(counting);
  counting->read = 0;
  ByteVec out(32 * kKiB);
  for (std::uint64_t at = 0; at < plain.size(); at += out.size()) {
    ASSERT_EQ(opened.source->read_at(at, out), out.size());
  }
  EXPECT_EQ(counting->read, packed.size());
}

TEST(GunzipSource, SeveralThreadsReadAtOnce) {
  const ByteVec plain = mixed(2 << 20);
  const Opened opened(gzip(plain));
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      if (i % 2 == 0) return expect_reads(*opened.source, plain, 60, i);
      ByteVec out(100'000);
      for (std::size_t at = 0; at + out.size() < plain.size(); at += out.size()) {
        ASSERT_EQ(opened.source->read_at(at, out), out.size());
        ASSERT_TRUE(
            std::equal(out.begin(), out.end(), plain.begin() + static_cast<std::ptrdiff_t>(at)));
      }
    });
  }
}

TEST(GunzipSource, ReadsBehindATruncationThrow) {
  const ByteVec plain = text(5 << 20);
  ByteVec packed = gzip(plain);
  packed.resize(packed.size() / 2);
  const Opened opened(packed);
  const std::uint64_t size = opened.source->size();
  ASSERT_GT(size, kMiB);
  ByteVec out(1000);
  EXPECT_EQ(opened.source->read_at(size - 1000, out), 1000U);
  EXPECT_TRUE(
      std::equal(out.begin(), out.end(), plain.begin() + static_cast<std::ptrdiff_t>(size - 1000)));
  for (const std::uint64_t at : {size - 999, size, size + kGiB}) {
    try {
      (void)opened.source->read_at(at, out);
      FAIL() << at;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kTruncated);
    }
  }
}

TEST(GunzipSource, DamageBelowAfterThePassIsReported) {
  // The pass saw sound bytes, the reads meet others: the file was changed under the program.
  const ByteVec plain = text(3 << 20);
  const ByteVec packed = gzip(plain);
  ByteVec changed = gzip(text(3 << 20, 99));
  changed.resize(packed.size());
  GunzipPass pass(source_of(packed), GzipTrailer::kNormal);
  BlockCache cache(kMiB);
  const auto source = make_gunzip_source(source_of(changed), pass.finish().index, cache);
  ByteVec out(1000);
  for (std::uint64_t at = 0; at < plain.size() - 1000; at += 300'000) {
    EXPECT_THROW((void)source->read_at(at, out), Error) << at;
  }
}

TEST(GunzipSource, AnEmptyStreamHasNoBytes) {
  const Opened opened(gzip({}));
  ByteVec out(10);
  EXPECT_EQ(opened.source->read_at(0, out), 0U);
  EXPECT_EQ(opened.source->read_at(100, out), 0U);
}

TEST(Checkpoints, TheBudgetHoldsAndTheSpacingDoubles) {
  CheckpointList list(64 * kKiB, 1000);
  for (std::uint64_t plain = 0; plain < 100'000; ++plain) {
    if (!list.due(plain)) continue;
    list.add({plain, plain, 0, std::make_shared<SavedWindow>(noise(8000))});
    ASSERT_LE(list.memory_bytes(), 64 * kKiB);
  }
  EXPECT_GE(list.spacing(), 8000U);
  const std::vector<Checkpoint> kept = list.take();
  ASSERT_GE(kept.size(), 3U);
  for (std::size_t i = 1; i < kept.size(); ++i) {
    EXPECT_LE(kept[i].plain - kept[i - 1].plain, 2 * list.spacing());
  }
}

TEST(Checkpoints, WindowsComeBackAsTheyWere) {
  for (const ByteVec& window : {ByteVec(), noise(1), noise(32 << 10), text(32 << 10), text(100)}) {
    EXPECT_EQ(SavedWindow(window).restore(), window);
  }
}

}  // namespace
}  // namespace backshelf
