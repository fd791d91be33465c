#include "engine/stream/adapters.h"

#include <gtest/gtest.h>

#include "engine/base/error.h"

namespace backshelf {
namespace {

ByteVec bytes_of(std::string_view text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

std::shared_ptr<const MemorySource> source_of(std::string_view text) {
  return std::make_shared<MemorySource>(bytes_of(text));
}

std::string read_at(const RandomSource& source, std::uint64_t offset, std::size_t size) {
  ByteVec out(size);
  return std::string(as_text(ByteView(out).first(source.read_at(offset, out))));
}

// Gives its bytes one at a time, as a slow pipe does.
class OneByOne final : public Source {
 public:
  explicit OneByOne(std::string_view text) : text_(text) {}
  [[nodiscard]] std::size_t read(ByteSpan out) override {
    if (at_ == text_.size()) return 0;
    out[0] = static_cast<std::byte>(text_[at_++]);
    return 1;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

TEST(MemorySource, IsShortOnlyAtTheEnd) {
  const auto source = source_of("0123456789");
  EXPECT_EQ(source->size(), 10U);
  EXPECT_EQ(read_at(*source, 0, 10), "0123456789");
  EXPECT_EQ(read_at(*source, 8, 10), "89");
  EXPECT_EQ(read_at(*source, 10, 1), "");
  EXPECT_EQ(read_at(*source, ~0ULL, 1), "");
  EXPECT_EQ(read_at(*source_of(""), 0, 5), "");
}

TEST(Slice, IsAWindowThatNeverReachesOut) {
  const auto below = source_of("0123456789");
  const Slice slice(below, 2, 5);
  EXPECT_EQ(slice.size(), 5U);
  EXPECT_EQ(read_at(slice, 0, 100), "23456");
  EXPECT_EQ(read_at(slice, 4, 100), "6");
  EXPECT_EQ(read_at(slice, 5, 100), "");
  EXPECT_EQ(read_at(slice, ~0ULL, 100), "");
}

TEST(Slice, IsShorterWhereTheDataEnds) {
  const auto below = source_of("0123456789");
  EXPECT_EQ(Slice(below, 8, 100).size(), 2U);
  EXPECT_EQ(Slice(below, 8, ~0ULL).size(), 2U);
  EXPECT_EQ(Slice(below, 10, 1).size(), 0U);
  EXPECT_EQ(Slice(below, ~0ULL, ~0ULL).size(), 0U);
}

TEST(Cursor, ReadsInOrderFromItsOffset) {
  const auto below = source_of("0123456789");
  Cursor cursor(*below, 3);
  ByteVec out(4);
  EXPECT_EQ(cursor.read(out), 4U);
  EXPECT_EQ(as_text(out), "3456");
  EXPECT_EQ(cursor.offset(), 7U);
  EXPECT_EQ(cursor.read(out), 3U);
  EXPECT_EQ(cursor.read(out), 0U);
}

TEST(LimitSource, EndsAtTheLimitOrAtTheEnd) {
  const auto below = source_of("0123456789");
  for (const auto& [limit, expected] :
       {std::pair<std::uint64_t, std::size_t>{0, 0}, {4, 4}, {10, 10}, {11, 10}, {~0ULL, 10}}) {
    Cursor cursor(*below);
    LimitSource limited(cursor, limit);
    MemorySink sink;
    EXPECT_EQ(pump(limited, sink), expected);
    EXPECT_EQ(sink.bytes().size(), expected);
  }
}

TEST(Pump, MovesEverythingAcrossItsBuffer) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, 256 * kKiB - 1, 256 * kKiB, 256 * kKiB + 1, kMiB}) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(i * 31 % 251);
    const auto source = source_of(text);
    Cursor cursor(*source);
    MemorySink sink;
    EXPECT_EQ(pump(cursor, sink), size);
    EXPECT_EQ(as_text(sink.bytes()), text);
  }
}

TEST(ReadFull, FillsFromASlowSource) {
  OneByOne slow("abcdef");
  ByteVec out(4);
  EXPECT_EQ(read_full(slow, out), 4U);
  EXPECT_EQ(as_text(out), "abcd");
  EXPECT_EQ(read_full(slow, out), 2U);
  EXPECT_EQ(read_full(slow, out), 0U);
}

TEST(ReadExactly, SaysThatTheDataIsCut) {
  const auto source = source_of("0123456789");
  EXPECT_EQ(as_text(read_exactly(*source, 6, 4, "the tail")), "6789");
  try {
    (void)read_exactly(*source, 7, 4, "the tail");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kTruncated);
    EXPECT_EQ(error.what_failed(), "the tail");
  }
}

}  // namespace
}  // namespace backshelf
