#include "engine/archive/tail_index.h"

#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/deflate/combine_crc.h"
#include "tests/engine/archive/index_fixture.h"
#include "tests/engine/archive/index_forge.h"

namespace backshelf {
namespace {

// Whether an index says what the stream was made with.
void expect_same(const TailIndex& index, const IndexedStream& stream) {
  EXPECT_EQ(index.facts.tar_bytes, stream.facts.tar_bytes);
  EXPECT_EQ(index.facts.main_bytes, stream.facts.main_bytes);
  EXPECT_EQ(index.facts.gzip, stream.facts.gzip);
  EXPECT_EQ(index.facts.hashes, stream.facts.hashes);
  EXPECT_EQ(index.facts.level, stream.facts.level);
  EXPECT_EQ(index.facts.snapshot, stream.facts.snapshot);
  ASSERT_EQ(index.segments.size(), stream.segments.size());
  for (std::size_t i = 0; i < index.segments.size(); ++i) {
    const Segment& a = index.segments[i];
    const Segment& b = stream.segments[i];
    EXPECT_EQ(a.packed_bytes, b.packed_bytes) << i;
    EXPECT_EQ(a.plain_bytes, b.plain_bytes) << i;
    EXPECT_EQ(a.crc32, b.crc32) << i;
    EXPECT_EQ(a.hash, b.hash) << i;
    EXPECT_EQ(a.is_body, b.is_body) << i;
    EXPECT_EQ(a.is_stored, b.is_stored) << i;
  }
  ASSERT_TRUE(index.macs);
  EXPECT_EQ(index.macs->header, stream.macs->header);
  EXPECT_EQ(index.macs->prefixes, stream.macs->prefixes);
  const auto files = files_of(index.files, index.sparse);
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), stream.files.size());
  for (std::size_t i = 0; i < files->size(); ++i) {
    EXPECT_TRUE(same_file((*files)[i], stream.files[i])) << stream.files[i].entry.path;
  }
}

TEST(TailIndex, gives_back_what_the_writer_knew) {
  for (const Level level : {Level::kNone, Level::kFast, Level::kSmall}) {
    const IndexedStream stream({.level = level});
    const auto index = index_of(stream.bytes);
    ASSERT_TRUE(index) << static_cast<int>(level);
    expect_same(*index, stream);
  }
}

TEST(TailIndex, is_the_same_when_written_again) {
  EXPECT_EQ(IndexedStream().bytes, IndexedStream().bytes);
}

TEST(TailIndex, keeps_hashes_and_stats_when_asked_to) {
  IndexedStream stream;
  stream.facts.hashes = true;
  stream.segments[0].hash[0] = std::byte{1};
  stream.segments[0].hash[15] = std::byte{2};
  stream.segments.back().is_stored = true;
  const FileStat stat{1'700'000'000'000'000'001, 77, 2050};
  FileColumns columns;
  for (const IndexedFile& file : stream.files) columns.add(file.entry, file.body, stat);
  stream.sections = columns.take();
  const auto index = index_of(stream.with_tail());
  ASSERT_TRUE(index);
  expect_same(*index, stream);
  const auto stats = read_stats(index->stat);
  ASSERT_TRUE(stats);
  ASSERT_EQ(stats->size(), stream.files.size());
  EXPECT_TRUE(same_stat((*stats)[1], stat));
}

TEST(TailIndex, of_a_stream_of_many_frames_is_read) {
  IndexedStream stream;
  MacTable macs;  // eight bytes each that do not compress
  std::uint64_t random = 1;
  for (int i = 0; i < 20'000; ++i) {
    random = random * 6364136223846793005U + 1442695040888963407U;
    store_be64(macs.prefixes.emplace_back(), random);
  }
  stream.macs = macs;
  const auto index = index_of(stream.with_tail());
  ASSERT_TRUE(index);
  expect_same(*index, stream);
}

TEST(TailIndex, with_any_bit_flipped_is_none) {
  const IndexedStream stream;
  for (std::uint64_t at = stream.facts.main_bytes - 10; at < stream.bytes.size(); ++at) {
    for (const int bit : {0, 1, 5, 7}) {
      ByteVec changed = stream.bytes;
      changed[at] ^= std::byte{1} << bit;
      EXPECT_FALSE(index_of(changed)) << at - stream.facts.main_bytes;
    }
  }
}

TEST(TailIndex, cut_anywhere_is_none) {
  for (const Level level : {Level::kNone, Level::kFast}) {
    const IndexedStream stream({.level = level});
    ByteVec cut = stream.bytes;
    while (cut.size() > stream.facts.main_bytes) {
      cut.pop_back();
      EXPECT_FALSE(index_of(cut)) << cut.size();
    }
    for (const std::size_t size : {0U, 1U, 105U, 106U, 131U}) {
      cut.resize(size);
      EXPECT_FALSE(index_of(cut)) << size;
    }
  }
}

TEST(TailIndex, of_a_stream_with_bytes_more_or_less_is_none) {
  for (const Level level : {Level::kNone, Level::kFast}) {
    const IndexedStream stream({.level = level});
    for (const std::ptrdiff_t at : {0, 10, 1000}) {
      ByteVec changed = stream.bytes;
      changed.erase(changed.begin() + at);
      EXPECT_FALSE(index_of(changed)) << at;
      changed = stream.bytes;
      changed.insert(changed.begin() + at, std::byte{0});
      EXPECT_FALSE(index_of(changed)) << at;
    }
    ByteVec longer = stream.bytes;
    longer.push_back(std::byte{0});
    EXPECT_FALSE(index_of(longer));
  }
}

TEST(TailIndex, of_another_stream_is_none) {
  const IndexedStream stream, other({.salt = "y"});
  ASSERT_EQ(stream.facts.tar_bytes, other.facts.tar_bytes);
  ByteVec grafted(stream.bytes.begin(), stream.bytes.begin() + stream.main_end());
  grafted.insert(grafted.end(), other.bytes.begin() + other.main_end(), other.bytes.end());
  EXPECT_FALSE(index_of(grafted));
  // Even with lengths and hash made to fit.
  std::vector<Segment> segments = other.segments;
  std::uint64_t packed = 0;
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) packed += segments[i].packed_bytes;
  segments.back().packed_bytes = stream.facts.main_bytes - 20 - packed;
  grafted.resize(stream.facts.main_bytes);
  const ByteVec tail = print_tail_index(stream.facts, segments, other.sections, stream.macs);
  grafted.insert(grafted.end(), tail.begin(), tail.end());
  EXPECT_FALSE(index_of(grafted));
}

TEST(TailIndex, that_does_not_add_up_is_none) {
  const IndexedStream stream;
  ASSERT_GT(stream.segments.size(), 1U);
  const auto read_with = [&](auto&& change) {
    IndexedStream changed = stream;
    change(changed);
    return index_of(changed.with_tail()).has_value();
  };
  EXPECT_TRUE(read_with([](IndexedStream&) {}));
  EXPECT_FALSE(read_with([](IndexedStream& s) { s.facts.tar_bytes -= 1; }));
  EXPECT_FALSE(read_with([](IndexedStream& s) { s.facts.main_bytes += 1; }));
  EXPECT_FALSE(read_with([](IndexedStream& s) { s.facts.main_bytes -= 1; }));
  EXPECT_FALSE(read_with([](IndexedStream& s) { s.facts.gzip = false; }));
  EXPECT_FALSE(read_with([](IndexedStream& s) { s.segments[0].packed_bytes += 1; }));
  EXPECT_FALSE(read_with([](IndexedStream& s) { s.segments[0].plain_bytes += 1; }));
  EXPECT_FALSE(read_with([](IndexedStream& s) { s.segments[0].crc32 ^= 1; }));
  EXPECT_FALSE(read_with([](IndexedStream& s) { s.segments.pop_back(); }));
  EXPECT_FALSE(read_with([](IndexedStream& s) { s.segments.emplace_back(); }));
  EXPECT_FALSE(read_with([](IndexedStream& s) { std::swap(s.segments[0], s.segments[1]); }));
  EXPECT_FALSE(read_with([](IndexedStream& s) {  // together right, one alone beyond the limit
    s.segments[0].packed_bytes += 2 * kMaxSegmentBytes;
    s.segments[1].packed_bytes -= 2 * kMaxSegmentBytes;
  }));
}

TEST(TailIndex, of_a_plain_tar_is_a_grid_over_all_of_it) {
  IndexedStream stream({.level = Level::kNone});
  const ByteVec tar(stream.bytes.begin(), stream.bytes.begin() + stream.main_end());
  stream.segments[0].plain_bytes = stream.segments[0].packed_bytes = tar.size() - 1;
  EXPECT_FALSE(index_of(stream.with_tail()));
  stream.segments[0].plain_bytes = stream.segments[0].packed_bytes = tar.size() / 2;
  stream.segments.push_back(stream.segments[0]);
  EXPECT_FALSE(index_of(stream.with_tail()));
  stream.segments.clear();
  EXPECT_FALSE(index_of(stream.with_tail()));
  stream.segments.resize(1);
  stream.facts.tar_bytes = tar.size() + 512;
  stream.segments[0].plain_bytes = stream.segments[0].packed_bytes = stream.facts.tar_bytes;
  EXPECT_FALSE(index_of(stream.with_tail()));
}

// One segment instead of many is a sound gzip member too, but not one to hold in memory.
TEST(TailIndex, of_a_segment_beyond_the_limit_is_none) {
  IndexedStream stream({.large_bytes = 3 * kMiB});
  Segment all;
  for (const Segment& segment : stream.segments) {
    all.packed_bytes += segment.packed_bytes;
    all.plain_bytes += segment.plain_bytes;
    all.crc32 = combine_crc(all.crc32, segment.crc32, segment.plain_bytes);
  }
  ASSERT_TRUE(index_of(stream.bytes));
  ASSERT_LT(all.packed_bytes, kMaxSegmentBytes);
  stream.segments = {all};
  EXPECT_FALSE(index_of(stream.with_tail()));
}

TEST(TailIndex, with_an_unknown_critical_section_is_none) {
  const IndexedStream stream;
  EXPECT_FALSE(
      index_of(forged_tail(stream, [](ForgedTail& tail) { tail.add_section(99, 1, ByteVec(3)); })));
  const auto index = index_of(forged_tail(stream, [](ForgedTail& tail) {
    tail.add_section(99, 0, ByteVec(3));
    tail.add_section(4, 0, ByteVec(5));
  }));
  ASSERT_TRUE(index);
  expect_same(*index, stream);
}

TEST(TailIndex, may_grow_by_minor_versions_only) {
  const IndexedStream stream;
  const auto index = index_of(forged_tail(stream, [](ForgedTail& tail) {
    tail.footer[10] = std::byte{7};      // minor
    tail.footer[15] = std::byte{0x80};   // a flag
    tail.footer[48] = std::byte{'?'};    // another writer
    tail.footer[60] = std::byte{1};      // reserved
    tail.extend_section(1, ByteVec(9));  // META
  }));
  ASSERT_TRUE(index);
  expect_same(*index, stream);
  for (const std::size_t at : {std::size_t{0}, std::size_t{6}, std::size_t{8}, std::size_t{9}}) {
    EXPECT_FALSE(index_of(forged_tail(stream, [&](ForgedTail& tail) {
      tail.footer[at] ^= std::byte{2};
    }))) << at;
  }
}

TEST(TailIndex, with_sections_that_are_missing_double_or_overlong_is_none) {
  const IndexedStream stream;
  for (const unsigned tag : {1U, 2U, 3U}) {
    EXPECT_FALSE(index_of(forged_tail(stream, [&](ForgedTail& tail) { tail.remove_section(tag); })))
        << tag;
  }
  EXPECT_FALSE(index_of(
      forged_tail(stream, [](ForgedTail& tail) { tail.add_section(3, 1, tail.section(3)); })));
  EXPECT_FALSE(index_of(
      forged_tail(stream, [](ForgedTail& tail) { tail.sections_behind.push_back(std::byte{0}); })));
  EXPECT_FALSE(index_of(forged_tail(stream, [](ForgedTail& tail) {
    tail.extend_section(2, ByteVec(1));  // SEGS
  })));
  EXPECT_FALSE(index_of(forged_tail(stream, [](ForgedTail& tail) {
    tail.extend_section(6, ByteVec(8));  // CHAIN: a MAC more than it counts
  })));
}

// A small archive cannot make its reader hold a large index.
TEST(TailIndex, unpacks_no_more_than_its_stream_justifies) {
  const IndexedStream stream;
  const auto with_zeros = [&](std::size_t size) {
    return index_of(forged_tail(stream,
                                [&](ForgedTail& tail) { tail.add_section(99, 0, ByteVec(size)); }))
        .has_value();
  };
  EXPECT_TRUE(with_zeros(60 * kKiB));
  EXPECT_FALSE(with_zeros(64 * kMiB));
}

// Damage may hide the index; any other failure is for the caller.
class Failing final : public RandomSource {
 public:
  Failing(ByteVec bytes, ErrorKind kind, std::uint64_t from)
      : bytes_(std::move(bytes)), kind_(kind), from_(from) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const override {
    if (offset + out.size() > from_) throw Error(kind_, "read", "it fails");
    return bytes_.read_at(offset, out);
  }

 private:
  const MemorySource bytes_;
  const ErrorKind kind_;
  const std::uint64_t from_;
};

TEST(TailIndex, hides_damage_but_no_other_failure) {
  const IndexedStream stream;
  EXPECT_FALSE(read_tail_index(Failing(stream.bytes, ErrorKind::kDamaged, 0)));
  EXPECT_FALSE(read_tail_index(Failing(stream.bytes, ErrorKind::kTruncated, 0)));
  EXPECT_THROW((void)read_tail_index(Failing(stream.bytes, ErrorKind::kIo, 0)), Error);
  EXPECT_TRUE(read_tail_index(Failing(stream.bytes, ErrorKind::kIo, stream.bytes.size())));
}

}  // namespace
}  // namespace backshelf
