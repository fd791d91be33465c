#include "engine/stream/read_ahead.h"

#include <gtest/gtest.h>

#include <set>

#include "engine/base/error.h"
#include "engine/stream/adapters.h"

namespace backshelf {
namespace {

constexpr std::uint64_t kChunk = 1000, kAhead = 2, kChunks = 50;
constexpr std::uint64_t kSize = kChunk * kChunks - 300;
constexpr std::uint64_t kBadChunk = 7;

// Every byte says where it stands; one chunk is damaged. Notes which chunks were begun.
class ChunkedSource final : public RandomSource {
 public:
  [[nodiscard]] std::uint64_t size() const override { return kSize; }
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const override {
    begun_.with([&](auto& begun) { begun.insert(offset / kChunk); });
    begun_.notify_all();
    if (offset / kChunk == kBadChunk) throw Error(ErrorKind::kDamaged, "reading", "it is bad");
    const std::size_t count = std::min<std::uint64_t>(out.size(), kSize - offset);
    for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<std::byte>((offset + i) % 251);
    return count;
  }
  void wait_for(std::uint64_t chunk) const {
    begun_.wait([&](const auto& begun) { return begun.contains(chunk); }, [](const auto&) {});
  }
  [[nodiscard]] std::uint64_t furthest() const {
    return begun_.with([](const auto& begun) { return *begun.rbegin(); });
  }

 private:
  mutable Guarded<std::set<std::uint64_t>> begun_;
};

TEST(ReadAhead, MakesTheNextChunksAndNoOthers) {
  const auto below = std::make_shared<ChunkedSource>();
  const ReadAhead ahead(below, kChunk, kAhead);
  std::byte byte{};
  for (std::uint64_t chunk = 0; chunk + kAhead < kChunks; ++chunk) {
    if (chunk == kBadChunk) continue;
    ASSERT_EQ(ahead.read_at(chunk * kChunk + 5, {&byte, 1}), 1U);
    EXPECT_EQ(byte, static_cast<std::byte>((chunk * kChunk + 5) % 251));
    below->wait_for(chunk + kAhead);
    EXPECT_EQ(below->furthest(), chunk + kAhead);
  }
}

TEST(ReadAhead, FailsWhereTheSourceFailsAndGoesOnBehind) {
  const auto below = std::make_shared<ChunkedSource>();
  const ReadAhead ahead(below, kChunk, kAhead);
  ByteVec piece(kChunk);
  for (std::uint64_t chunk = 0; chunk < kChunks; ++chunk) {
    if (chunk == kBadChunk) {
      EXPECT_THROW((void)ahead.read_at(chunk * kChunk, piece), Error);
    } else {
      const std::size_t expected = chunk + 1 == kChunks ? kChunk - 300 : kChunk;
      ASSERT_EQ(ahead.read_at(chunk * kChunk, piece), expected);
      EXPECT_EQ(piece[expected - 1], static_cast<std::byte>((chunk * kChunk + expected - 1) % 251));
    }
  }
}

TEST(ReadAhead, MayGoBeforeItsReaderIsDone) {
  for (int i = 0; i < 200; ++i) {
    const auto below = std::make_shared<ChunkedSource>();
    const ReadAhead ahead(below, kChunk, kAhead);
    std::byte byte{};
    if (i % 2 == 0) (void)ahead.read_at(static_cast<std::uint64_t>(i % 5) * kChunk, {&byte, 1});
  }
}

}  // namespace
}  // namespace backshelf
