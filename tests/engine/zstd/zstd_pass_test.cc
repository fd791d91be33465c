// Frames without an index: a pass, and reading by position behind it.
#include "engine/zstd/zstd_pass.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "engine/stream/adapters.h"
#include "engine/zstd/zstd.h"
#include "tests/support/kind_of.h"

namespace backshelf {
namespace {

using End = ZstdResult::End;

ByteVec words(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < size) text += concat("sensor.room_", random() % 500, " ");
  const ByteView view = as_bytes(text);
  return {view.begin(), view.begin() + static_cast<std::ptrdiff_t>(size)};
}

ByteVec skippable(std::size_t size) {
  ByteVec frame(8 + size);
  store_le32(frame, 0x184d2a53);
  store_le32(ByteSpan(frame).subspan(4), static_cast<std::uint32_t>(size));
  return frame;
}

// Frames of several sizes, with skippable ones between.
struct Frames {
  ByteVec plain, packed;
  std::vector<std::size_t> packed_ends, plain_ends;

  void add(const ByteVec& content) {
    const ByteVec frame = zstd_compress(content, 3);
    plain.insert(plain.end(), content.begin(), content.end());
    packed.insert(packed.end(), frame.begin(), frame.end());
    packed_ends.push_back(packed.size());
    plain_ends.push_back(plain.size());
  }
  void skip(std::size_t size) {
    const ByteVec frame = skippable(size);
    packed.insert(packed.end(), frame.begin(), frame.end());
  }
};

Frames some_frames() {
  Frames frames;
  for (unsigned i = 0; i < 6; ++i) frames.add(words(300'000 + 70'001 * i, i));
  frames.skip(0);
  frames.add(words(3'000'000, 99));  // much longer than a block
  frames.add({});
  frames.skip(700'000);
  frames.add(words(10, 5));
  frames.skip(80);
  return frames;
}

struct Passed {
  ByteVec plain;
  ZstdPass::Finished finished;
};

Passed pass_over(const ByteVec& packed, std::size_t step = 70'000) {
  ZstdPass pass(std::make_shared<MemorySource>(packed));
  ByteVec plain, buffer(step);
  for (std::size_t got = pass.read(buffer); got > 0; got = pass.read(buffer)) {
    plain.insert(plain.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(got));
  }
  return {std::move(plain), pass.finish()};
}

bool reads_like(const RandomSource& source, const ByteVec& plain, std::size_t offset,
                std::size_t size) {
  ByteVec out(size);
  const std::size_t wanted = std::min(size, plain.size() - offset);
  return source.read_at(offset, out) == wanted &&
         std::equal(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(wanted),
                    plain.begin() + static_cast<std::ptrdiff_t>(offset));
}

TEST(ZstdPass, HandsOutAllFramesInOrder) {
  const Frames frames = some_frames();
  for (const std::size_t step : {std::size_t{1000}, std::size_t{5'000'000}}) {
    const Passed passed = pass_over(frames.packed, step);
    EXPECT_TRUE(passed.plain == frames.plain);
    EXPECT_EQ(passed.finished.result.end, End::kSound) << passed.finished.result.problem;
    EXPECT_EQ(passed.finished.result.checked_bytes, frames.plain.size());
    EXPECT_TRUE(passed.finished.result.all_checked);
  }
}

TEST(ZstdPass, BehindItEveryPlaceCanBeRead) {
  const Frames frames = some_frames();
  const Passed passed = pass_over(frames.packed);
  BlockCache cache(kMiB);
  const auto source =
      make_zstd_source(std::make_shared<MemorySource>(frames.packed), passed.finished.index, cache);
  ASSERT_EQ(source->size(), frames.plain.size());
  std::mt19937 random(3);
  for (int i = 0; i < 200; ++i) {
    const std::size_t offset = random() % frames.plain.size();
    ASSERT_TRUE(reads_like(*source, frames.plain, offset, 1 + random() % 600'000)) << offset;
  }
}

TEST(ZstdPass, SeveralReadersOfOneLongFrameGetItsBytes) {
  Frames frames;
  frames.add(words(6'000'000, 7));
  const auto packed = std::make_shared<MemorySource>(frames.packed);
  BlockCache cache(kMiB);
  const auto source = make_zstd_source(packed, ZstdPass(packed).finish().index, cache);
  std::atomic<bool> right = true;
  std::vector<std::jthread> readers;
  for (std::size_t first = 0; first < 4; ++first) {
    readers.emplace_back([&, first] {
      for (std::size_t at = first * 100'000; at < frames.plain.size(); at += 400'000) {
        if (!reads_like(*source, frames.plain, at, 100'000)) right = false;
      }
    });
  }
  readers.clear();
  EXPECT_TRUE(right);
}

TEST(ZstdPass, OfACutFileGivesWhatIsThere) {
  const Frames frames = some_frames();
  const std::size_t second = frames.packed_ends[1];
  const Passed at_end = pass_over(
      {frames.packed.begin(), frames.packed.begin() + static_cast<std::ptrdiff_t>(second)});
  EXPECT_EQ(at_end.plain.size(), frames.plain_ends[1]);
  EXPECT_EQ(at_end.finished.result.end, End::kSound);
  for (const std::size_t more : {1UL, 4UL, 6UL, 20'000UL}) {
    const ByteVec cut(frames.packed.begin(),
                      frames.packed.begin() + static_cast<std::ptrdiff_t>(second + more));
    const Passed passed = pass_over(cut, 1000);
    EXPECT_EQ(passed.finished.result.end, End::kTruncated) << more;
    EXPECT_EQ(passed.finished.result.checked_bytes, frames.plain_ends[1]) << more;
    ASSERT_GE(passed.plain.size(), frames.plain_ends[1]) << more;
    EXPECT_TRUE(std::equal(passed.plain.begin(), passed.plain.end(), frames.plain.begin()));
    BlockCache cache(kMiB);
    const auto source =
        make_zstd_source(std::make_shared<MemorySource>(cut), passed.finished.index, cache);
    EXPECT_TRUE(reads_like(*source, passed.plain, passed.plain.size() - 900, 900)) << more;
    ByteVec behind(1000);
    EXPECT_EQ(kind_of([&] { (void)source->read_at(passed.plain.size() - 10, behind); }),
              ErrorKind::kTruncated);
  }
  EXPECT_EQ(pass_over({}).finished.result.end, End::kTruncated);
}

TEST(ZstdPass, StopsBelievingAtDamage) {
  const Frames frames = some_frames();
  ByteVec changed = frames.packed;
  changed[frames.packed_ends[2] - 2] ^= std::byte{1};  // the checksum of the third
  Passed passed = pass_over(changed);
  EXPECT_EQ(passed.finished.result.end, End::kDamaged);
  EXPECT_EQ(passed.finished.result.checked_bytes, frames.plain_ends[1]);
  changed = frames.packed;
  changed[frames.packed_ends[2]] ^= std::byte{1};  // the magic of the fourth
  passed = pass_over(changed);
  EXPECT_EQ(passed.finished.result.end, End::kDamaged) << "a lost magic is no end";
  EXPECT_EQ(passed.finished.result.checked_bytes, frames.plain_ends[2]);
}

TEST(ZstdPass, BytesThatChangedSinceAreNeverServed) {
  const Frames frames = some_frames();
  const Passed passed = pass_over(frames.packed);
  Frames other;
  for (unsigned i = 0; i < 6; ++i) other.add(words(300'000 + 70'001 * i, 50 + i));
  BlockCache cache(kMiB);
  const auto source =
      make_zstd_source(std::make_shared<MemorySource>(other.packed), passed.finished.index, cache);
  ByteVec out(1000);
  EXPECT_EQ(kind_of([&] { (void)source->read_at(10, out); }), ErrorKind::kDamaged);
}

TEST(ZstdPass, WithLittleMemoryForItsIndexEveryPlaceCanBeRead) {
  const Frames frames = some_frames();
  const auto packed = std::make_shared<MemorySource>(frames.packed);
  for (const std::uint64_t budget : {0U, 40U, 80U}) {
    ZstdPass pass(packed, budget);
    const ZstdPass::Finished finished = pass.finish();
    EXPECT_LE(finished.index_bytes, budget);
    BlockCache cache(kMiB);
    const auto source = make_zstd_source(packed, finished.index, cache);
    for (std::size_t at = 0; at < frames.plain.size(); at += 400'000) {
      EXPECT_TRUE(reads_like(*source, frames.plain, at, 1000)) << at;
    }
  }
}

TEST(ZstdPass, EndlessFramesWithoutContentAreDamage) {
  ByteVec packed;
  const ByteVec frame = skippable(0);
  for (int i = 0; i < 100'001; ++i) packed.insert(packed.end(), frame.begin(), frame.end());
  EXPECT_EQ(pass_over(packed).finished.result.end, End::kDamaged);
}

TEST(ZstdPass, AWindowThatTakesTooMuchMemoryIsRefused) {
  const ByteVec packed = from_hex(
      "28b52ffd"
      "00"
      "88"
      "010000");  // 128 MiB, one empty block
  const ZstdResult result = pass_over(packed).finished.result;
  EXPECT_EQ(result.end, End::kDamaged);
  EXPECT_NE(result.problem.find("8 MiB"), std::string::npos) << result.problem;
}

TEST(ZstdPass, CanBeStopped) {
  std::stop_source stop;
  stop.request_stop();
  ZstdPass pass(std::make_shared<MemorySource>(some_frames().packed));
  EXPECT_EQ(kind_of([&] { (void)pass.finish(stop.get_token()); }), ErrorKind::kInterrupted);
}

}  // namespace
}  // namespace backshelf
