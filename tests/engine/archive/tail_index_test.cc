#include "engine/archive/tail_index.h"

#include <gtest/gtest.h>

#include "tests/engine/archive/index_fixture.h"

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

}  // namespace
}  // namespace backshelf
