#include "engine/zstd/zstd.h"

#include <gtest/gtest.h>

namespace backshelf {
namespace {

ByteVec text_bytes(std::size_t size) {
  ByteVec bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>("abcdefg"[i % 7]);
  return bytes;
}

TEST(Zstd, GivesBackWhatItTook) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{100'000}}) {
    const ByteVec plain = text_bytes(size);
    const ByteVec frame = zstd_compress(plain, 9);
    EXPECT_EQ(zstd_decompress(frame, size), plain);
  }
}

TEST(Zstd, JoinsPiecesBehindWhatIsThere) {
  const ByteVec plain = text_bytes(300'000);
  const ByteView all(plain);
  const std::vector<ByteView> pieces = {
      {}, all.first(1), all.subspan(1, 200'000), {}, all.subspan(200'001)};
  ByteVec out = text_bytes(5);
  zstd_append(out, pieces, 9);
  EXPECT_EQ(ByteVec(out.begin(), out.begin() + 5), text_bytes(5));
  EXPECT_EQ(zstd_decompress(ByteView(out).subspan(5), plain.size()), plain);
}

TEST(Zstd, RefusesMoreThanTheLimit) {
  EXPECT_FALSE(zstd_decompress(zstd_compress(text_bytes(1001), 3), 1000));
}

TEST(Zstd, RefusesEveryCutAndEveryFlippedBit) {
  const ByteVec plain = text_bytes(3000);
  const ByteVec frame = zstd_compress(plain, 9);
  for (std::size_t cut = 0; cut < frame.size(); ++cut) {
    EXPECT_FALSE(zstd_decompress(ByteView(frame).first(cut), 1 << 20));
  }
  for (std::size_t bit = 0; bit < 8 * frame.size(); ++bit) {
    ByteVec changed = frame;
    changed[bit / 8] ^= std::byte{1} << (bit % 8);
    const auto got = zstd_decompress(changed, 1 << 20);
    EXPECT_TRUE(!got || *got == plain) << bit;
  }
}

TEST(Zstd, RefusesBytesBehindTheFrame) {
  ByteVec frame = zstd_compress(text_bytes(100), 3);
  frame.push_back(std::byte{0});
  EXPECT_FALSE(zstd_decompress(frame, 1000));
}

}  // namespace
}  // namespace backshelf
