#include "engine/deflate/gunzip_index_bytes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/engine/deflate/gzip_samples.h"

namespace backshelf {
namespace {

using namespace samples;

GunzipPass::Finished pass_of(const ByteVec& packed) {
  return GunzipPass(source_of(packed), GzipTrailer::kNormal).finish();
}

ByteVec bytes_of(const GunzipPass::Finished& finished) {
  MemorySink out;
  write_gunzip_index(*finished.index, out);
  return out.take();
}

std::optional<GunzipPass::Finished> read_from(const ByteVec& bytes) {
  const MemorySource memory(bytes);
  Cursor cursor(memory);
  return read_gunzip_index(cursor);
}

void expect_same_bytes(const ByteVec& packed, const ByteVec& plain,
                       const GunzipPass::Finished& kept) {
  BlockCache cache(kMiB);
  const auto source = make_gunzip_source(source_of(packed), kept.index, cache);
  ASSERT_EQ(source->size(), plain.size());
  std::mt19937_64 random(3);
  ByteVec out(3000);
  for (int i = 0; i < 60; ++i) {
    const std::size_t offset = random() % (plain.size() - out.size());
    ASSERT_EQ(source->read_at(offset, out), out.size());
    ASSERT_TRUE(
        std::equal(out.begin(), out.end(), plain.begin() + static_cast<std::ptrdiff_t>(offset)))
        << offset;
  }
}

TEST(GunzipIndexBytes, GiveTheSamePlainBytesAgain) {
  const ByteVec plain = joined({text(3 << 20), noise(2 << 20), ByteVec(1 << 20)});
  for (const int level : {0, 1, 9}) {
    const ByteVec packed = gzip(plain, level);
    const auto finished = pass_of(packed);
    const ByteVec bytes = bytes_of(finished);
    const auto read = read_from(bytes);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->result.packed_bytes, finished.result.packed_bytes);
    EXPECT_EQ(read->index_bytes, finished.index_bytes);
    EXPECT_EQ(bytes_of(*read), bytes);  // nothing was lost on the way
    expect_same_bytes(packed, plain, *read);
  }
}

TEST(GunzipIndexBytes, KnowAMemberThatBeginsWithAnEmptyBlock) {
  // A place in the middle of a member, and no byte before it in this member.
  const ByteVec first = text(2 << 20), second = text(2 << 20, 2);
  ByteVec with_empty_block = gzip(second);
  const ByteVec empty_block = {std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0xff},
                               std::byte{0xff}};
  with_empty_block.insert(with_empty_block.begin() + 10, empty_block.begin(), empty_block.end());
  const ByteVec packed = joined({gzip(first), with_empty_block});
  const auto read = read_from(bytes_of(pass_of(packed)));
  ASSERT_TRUE(read);
  expect_same_bytes(packed, joined({first, second}), *read);
}

TEST(GunzipIndexBytes, AreNotMadeOfAStreamThatDoesNotEndSound) {
  ByteVec packed = gzip(text(1 << 20));
  EXPECT_TRUE(can_be_kept(*pass_of(packed).index));
  packed.resize(packed.size() - 3);
  EXPECT_FALSE(can_be_kept(*pass_of(packed).index));
}

TEST(GunzipIndexBytes, AreRefusedWhenTheyEndTooEarly) {
  const ByteVec bytes = bytes_of(pass_of(gzip(text(3 << 20))));
  for (std::size_t size = 0; size < bytes.size(); size += size < 200 ? 1 : 997) {
    EXPECT_FALSE(read_from(ByteVec(bytes.begin(), bytes.begin() + static_cast<long>(size))))
        << size;
  }
}

// Whoever changed them gets what a reader can bear: refusal, right bytes, or an error, never
// others.
TEST(GunzipIndexBytes, ChangedOnesNeverGiveWrongPlainBytes) {
  const ByteVec plain = text(3 << 20);
  const ByteVec packed = gzip(plain);
  const ByteVec bytes = bytes_of(pass_of(packed));
  std::mt19937_64 random(7);
  int refused = 0;
  for (int i = 0; i < 400; ++i) {
    ByteVec changed = bytes;
    const std::size_t at = random() % (i % 2 == 0 ? 120 : bytes.size());
    changed[at] ^= static_cast<std::byte>(1 + random() % 255);
    const auto read = read_from(changed);
    if (!read) {
      ++refused;
      continue;
    }
    BlockCache cache(kMiB);
    const auto source = make_gunzip_source(source_of(packed), read->index, cache);
    for (std::size_t offset = 0; offset < plain.size(); offset += 700'000) {
      ByteVec out(5000);
      try {
        const std::size_t got = source->read_at(offset, out);
        ASSERT_LE(got, plain.size() - offset);
        ASSERT_TRUE(std::equal(out.begin(), out.begin() + static_cast<long>(got),
                               plain.begin() + static_cast<long>(offset)))
            << at;
      } catch (const Error&) {  // guard: an error is no wrong byte
        continue;
      }
    }
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace backshelf
