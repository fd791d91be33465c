// Segments as frames: what goes in comes out, and nothing else passes for it.
#include "engine/zstd/zstd_codec.h"

#include <gtest/gtest.h>

#include <random>

#include "engine/zstd/zstd.h"

namespace backshelf {
namespace {

ByteVec mixed_bytes(std::size_t size, unsigned alphabet) {
  std::mt19937 random(7);
  ByteVec bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() % alphabet);
  return bytes;
}

ByteVec frame_of(ByteView plain) {
  ByteVec out(zstd_codec().max_frame_bytes(plain.size()));
  out.resize(zstd_codec().make_encoder()->encode(plain, out));
  return out;
}

TEST(ZstdCodec, GivesBackWhatItTook) {
  for (const unsigned alphabet : {3U, 256U}) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{512}, 2 * kMiB}) {
      const ByteVec plain = mixed_bytes(size, alphabet);
      const ByteVec frame = frame_of(plain);
      ByteVec back(size);
      ASSERT_TRUE(zstd_codec().decode(frame, back));
      EXPECT_TRUE(back == plain);
      EXPECT_EQ(zstd_decompress(frame, size), plain) << "it is an ordinary frame with its size";
    }
  }
}

TEST(ZstdCodec, AnEncoderGivesEqualFramesForEqualBytes) {
  const ByteVec plain = mixed_bytes(100'000, 5);
  const auto encoder = zstd_codec().make_encoder();
  ByteVec out(zstd_codec().max_frame_bytes(kMiB));
  (void)encoder->encode(mixed_bytes(kMiB, 256), out);
  out.resize(encoder->encode(plain, out));
  EXPECT_EQ(out, frame_of(plain));
}

TEST(ZstdCodec, RefusesWhatIsNotExactlyTheFrame) {
  const ByteVec plain = mixed_bytes(3000, 9);
  const ByteVec frame = frame_of(plain);
  ByteVec back(plain.size());
  ByteVec two = frame;
  two.insert(two.end(), frame.begin(), frame.end());
  EXPECT_FALSE(zstd_codec().decode(two, back));
  EXPECT_FALSE(zstd_codec().decode(ByteView(frame).first(frame.size() - 1), back));
  EXPECT_FALSE(zstd_codec().decode({}, back));
  EXPECT_FALSE(zstd_codec().decode(frame, ByteSpan(back).first(2999)));
  back.resize(3001);
  EXPECT_FALSE(zstd_codec().decode(frame, back));
}

TEST(ZstdCodec, ItsChecksumFindsEveryFlippedBit) {
  const ByteVec plain = mixed_bytes(200, 9);
  const ByteVec frame = frame_of(plain);
  for (std::size_t bit = 0; bit < 8 * frame.size(); ++bit) {
    ByteVec changed = frame;
    changed[bit / 8] ^= std::byte{1} << (bit % 8);
    ByteVec back(plain.size());
    const bool decoded = zstd_codec().decode(changed, back);
    EXPECT_TRUE(!decoded || back == plain) << bit;
  }
}

}  // namespace
}  // namespace backshelf
