#include "engine/deflate/packer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/base/error.h"
#include "engine/deflate/gunzip.h"
#include "tests/engine/deflate/gzip_samples.h"

namespace backshelf {
namespace {

using namespace samples;

constexpr Level kLevels[] = {Level::kFast, Level::kBalanced, Level::kSmall};

struct Packed {
  ByteVec bytes;
  std::vector<Segment> segments;
};

// Entries of a tar: a header block, a body, padding.
class Tar {
 public:
  void add(std::string path, ByteVec body) {
    files_.emplace_back(std::move(path), std::move(body));
  }

  void write_to(Packer& packer) const {
    for (const auto& [path, body] : files_) {
      packer.mark_entry(path);
      packer.write(text(512, static_cast<unsigned>(path.size())));
      packer.mark_body(body.size());
      // In pieces that meet no boundary.
      for (std::size_t at = 0; at < body.size(); at += 99'991) {
        packer.write(ByteView(body).subspan(at, std::min<std::size_t>(99'991, body.size() - at)));
      }
      packer.mark_body_end();
      packer.write(ByteVec((512 - body.size() % 512) % 512));
    }
    packer.write(ByteVec(1024));
  }

  [[nodiscard]] Packed pack(Level level, unsigned threads) const {
    WorkerPool pool(threads);
    MemorySink sink;
    const auto packer = make_packer({.level = level}, sink, pool);
    write_to(*packer);
    Packed packed;
    packed.segments = packer->finish();
    packed.bytes = sink.take();
    return packed;
  }
  [[nodiscard]] ByteVec plain() const { return pack(Level::kNone, 1).bytes; }

 private:
  std::vector<std::pair<std::string, ByteVec>> files_;
};

Tar home() {
  Tar tar;
  for (unsigned i = 0; i < 200; ++i) tar.add(concat("data/conf/", i), text(3000 + i, i));
  tar.add("data/db", text(1'200'000, 8));
  tar.add("data/media", noise(1'100'000));
  tar.add("data/zeros", ByteVec(1'100'000));
  tar.add("data/edge", text(64 << 10, 4));
  tar.add("data/below_edge", text((64 << 10) - 1, 4));
  tar.add("data/grid", text(1 << 20, 5));
  tar.add("data/empty", {});
  return tar;
}

class FailingSink final : public Sink {
 public:
  explicit FailingSink(std::size_t room) : room_(room) {}
  void write(ByteView bytes) override {
    if (bytes.size() > room_) throw Error(ErrorKind::kNoSpace, "write", "as the test asked");
    room_ -= bytes.size();
  }

 private:
  std::size_t room_;
};

TEST(Packer, AFullDiskEndsEveryLaterCallAlike) {
  for (const unsigned threads : {1U, 4U}) {
    WorkerPool pool(threads);
    FailingSink sink(300'000);
    const auto packer = make_packer({.level = Level::kFast}, sink, pool);
    const ByteVec body = noise(3'000'000);
    const auto expect_no_space = [](const auto& work) {
      try {
        work();
        FAIL();
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kNoSpace);
      }
    };
    expect_no_space([&] {
      for (int i = 0; i < 100; ++i) packer->write(body);
    });
    expect_no_space([&] { packer->write(body); });
    expect_no_space([&] { packer->mark_body(1 << 20); });
    expect_no_space([&] { (void)packer->finish(); });
  }
}

TEST(Packer, WhatIsNotFinishedLeavesNothingRunning) {
  WorkerPool pool(2);
  MemorySink sink;
  const auto packer = make_packer({.level = Level::kSmall}, sink, pool);
  packer->write(text(1'500'000));
}

TEST(Packer, AnEmptyTarIsAnEmptyGzip) {
  WorkerPool pool(1);
  MemorySink sink;
  EXPECT_TRUE(make_packer({.level = Level::kBalanced}, sink, pool)->finish().empty());
  EXPECT_EQ(to_hex(sink.bytes()),
            "1f8b08000000000000030300"
            "0000000000000000");
}

TEST(Packer, ZlibReadsBackWhatEveryLevelWrote) {
  const Tar tar = home();
  const ByteVec plain = tar.plain();
  for (const Level level : kLevels) {
    const Packed packed = tar.pack(level, 2);
    EXPECT_EQ(gunzip_in_one_go(packed.bytes, plain.size()), plain);
    EXPECT_LT(packed.bytes.size(), plain.size() * 6 / 10);
  }
}

TEST(Packer, TheNumberOfThreadsChangesNothing) {
  const Tar tar = home();
  const Packed one = tar.pack(Level::kBalanced, 1), five = tar.pack(Level::kBalanced, 5);
  EXPECT_TRUE(one.bytes == five.bytes);
}

// ISA-L, on a busy machine, now and then takes another match of the same bytes.
TEST(Packer, AtTheFastLevelTheNumberOfThreadsChangesNoContent) {
  const Tar tar = home();
  const Packed one = tar.pack(Level::kFast, 1), five = tar.pack(Level::kFast, 5);
  ASSERT_EQ(one.segments.size(), five.segments.size());
  for (std::size_t i = 0; i < one.segments.size(); ++i) {
    EXPECT_EQ(one.segments[i].plain_bytes, five.segments[i].plain_bytes) << i;
    EXPECT_EQ(one.segments[i].crc32, five.segments[i].crc32) << i;
    EXPECT_EQ(one.segments[i].is_stored, five.segments[i].is_stored) << i;
  }
  const ByteVec plain = tar.plain();
  EXPECT_EQ(gunzip_in_one_go(one.bytes, plain.size()), plain);
  EXPECT_EQ(gunzip_in_one_go(five.bytes, plain.size()), plain);
}

TEST(Packer, SegmentsStandAloneAndTheirTableIsRight) {
  const Tar tar = home();
  const ByteVec plain = tar.plain();
  const Packed packed = tar.pack(Level::kFast, 2);
  std::size_t at = 10, plain_at = 0;
  for (const Segment& segment : packed.segments) {
    // A segment, an empty final block and the trailer of just this segment: a gzip member.
    ByteVec alone(packed.bytes.begin(), packed.bytes.begin() + 10);
    append(alone, ByteView(packed.bytes).subspan(at, segment.packed_bytes));
    ByteVec end(10);
    end[0] = std::byte{3};
    store_le32(ByteSpan(end).subspan(2), segment.crc32);
    store_le32(ByteSpan(end).subspan(6), static_cast<std::uint32_t>(segment.plain_bytes));
    append(alone, end);
    const ByteView expected = ByteView(plain).subspan(plain_at, segment.plain_bytes);
    const ByteVec got = gunzip_in_one_go(alone, segment.plain_bytes);
    ASSERT_TRUE(std::ranges::equal(got, expected)) << at;
    ASSERT_EQ(to_hex(ByteView(packed.bytes).subspan(at + segment.packed_bytes - 4, 4)), "0000ffff");
    at += segment.packed_bytes;
    plain_at += segment.plain_bytes;
  }
  EXPECT_EQ(at + 10, packed.bytes.size());
  EXPECT_EQ(plain_at, plain.size());
}

TEST(Packer, BigBodiesAreCutOnTheirOwnGrid) {
  Tar tar;
  tar.add("small", text(1000));
  tar.add("big", text(2'500'000));
  tar.add("edge", text(64 << 10));
  tar.add("below", text((64 << 10) - 1));
  std::vector<std::uint64_t> sizes;
  for (const Segment& segment : tar.pack(Level::kFast, 1).segments) {
    sizes.push_back(segment.plain_bytes);
  }
  const std::uint64_t grid = kMiB;
  const std::vector<std::uint64_t> expected = {512 + 1024 + 512,
                                               grid,
                                               grid,
                                               2'500'000 - 2 * grid,
                                               2'500'096 - 2'500'000 + 512,
                                               64 * kKiB,
                                               512 + 64 * kKiB + 1024};
  EXPECT_EQ(sizes, expected);
}

TEST(Packer, PacksAreCutAtEntriesAndMeetAgainAfterAChange) {
  Tar before, after;
  for (unsigned i = 0; i < 3000; ++i) {
    const ByteVec body = text(2000, i);
    before.add(concat("data/", i), body);
    after.add(concat("data/", i), i == 100 ? text(2600, 77) : body);
  }
  const Packed one = before.pack(Level::kFast, 2), two = after.pack(Level::kFast, 2);
  std::size_t equal = 0;
  for (const Segment& segment : two.segments) {
    EXPECT_LT(segment.plain_bytes, kSegmentBytes + 4096);
    equal +=
        static_cast<std::size_t>(std::ranges::count(one.segments, segment.crc32, &Segment::crc32));
  }
  EXPECT_GT(one.segments.size(), 15U);
  EXPECT_GE(equal + 3, two.segments.size());
}

TEST(Packer, BytesWithoutMarksAreCutToo) {
  WorkerPool pool(2);
  MemorySink sink;
  const auto packer = make_packer({.level = Level::kFast}, sink, pool);
  const ByteVec plain = text(5'000'000);
  packer->write(plain);
  for (const Segment& segment : packer->finish()) EXPECT_LE(segment.plain_bytes, 2 * kMiB);
  EXPECT_EQ(gunzip_in_one_go(sink.bytes(), plain.size()), plain);
}

TEST(Packer, WhatDoesNotShrinkIsStored) {
  Tar tar;
  tar.add("noise", noise(1 << 20));
  for (const Level level : kLevels) {
    const Segment segment = tar.pack(level, 1).segments.at(1);
    EXPECT_EQ(segment.packed_bytes, segment.plain_bytes + 18 * 5);
  }
}

TEST(Packer, TheGunzipPassReadsItAndItsSourceToo) {
  const Tar tar = home();
  const ByteVec plain = tar.plain();
  const auto packed = samples::source_of(tar.pack(Level::kBalanced, 2).bytes);
  GunzipPass pass(packed, GzipTrailer::kNormal);
  const auto finished = pass.finish();
  EXPECT_EQ(finished.result.checked_bytes, plain.size());
  BlockCache cache(kMiB);
  const auto source = make_gunzip_source(packed, finished.index, cache);
  ByteVec out(70'000);
  for (std::uint64_t at = 0; at + out.size() < plain.size(); at += 511'111) {
    ASSERT_EQ(source->read_at(at, out), out.size());
    ASSERT_TRUE(
        std::equal(out.begin(), out.end(), plain.begin() + static_cast<std::ptrdiff_t>(at)));
  }
}

}  // namespace
}  // namespace backshelf
