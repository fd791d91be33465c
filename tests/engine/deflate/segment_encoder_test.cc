// The encoder alone: every small size, so that the last block ends at every bit; and noise.
#include "engine/deflate/segment_encoder.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/deflate/segment_noise.h"
#include "tests/engine/deflate/gzip_samples.h"

namespace backshelf {
namespace {

using namespace samples;

constexpr Level kEncoderLevels[] = {Level::kFast, Level::kBalanced, Level::kSmall};

ByteVec segment_of(SegmentEncoder& encoder, ByteView plain) {
  SegmentBuffer packed;
  MemorySink sink;
  if (encoder.encode(plain, packed)) {
    sink.write(packed.view());
  } else {
    write_stored(plain, sink);
    EXPECT_EQ(sink.bytes().size(), stored_bytes(plain.size()));
  }
  return sink.take();
}

void open(const ByteVec& deflated, ByteView plain) {
  SegmentBuffer packed;
  packed.append(deflated);
  open_end(packed, plain);
}

TEST(SegmentEncoder, EverySizeBecomesAnOpenSegment) {
  for (const Level level : kEncoderLevels) {
    const auto encoder = make_segment_encoder(level);
    for (std::size_t size = 1; size < 400; ++size) {
      const ByteVec plain = size % 2 == 0 ? ByteVec(size * 9) : text(size * 3);
      const ByteVec segment = segment_of(*encoder, plain);
      ByteVec member =
          joined({from_hex("1f8b0800000000000003"), segment, segment, from_hex("0300")});
      ByteVec end(8);
      const ByteVec twice = joined({plain, plain});
      store_le32(end,
                 static_cast<std::uint32_t>(::crc32(0, reinterpret_cast<const Bytef*>(twice.data()),
                                                    static_cast<uInt>(twice.size()))));
      store_le32(ByteSpan(end).subspan(4), static_cast<std::uint32_t>(twice.size()));
      append(member, end);
      ASSERT_EQ(gunzip_in_one_go(member, twice.size()), twice) << size;
    }
  }
}

TEST(SegmentEncoder, WrongCompressedBytesAreNoticed) {
  const ByteVec plain = text(50'000);
  const ByteVec member = samples::gzip(plain);
  const ByteVec raw(member.begin() + 10, member.end() - 8);
  ByteVec other = plain;
  other[40'000] ^= std::byte{1};
  for (ByteVec wrong : {other, ByteVec(plain.begin(), plain.end() - 1), joined({plain, plain})}) {
    EXPECT_THROW(open(raw, wrong), Error);
  }
  const ByteVec cut(raw.begin(), raw.end() - 100);
  EXPECT_THROW(open(cut, plain), Error);
  open(raw, plain);
}

TEST(SegmentNoise, IsToldFromEverythingElse) {
  EXPECT_TRUE(looks_like_noise(noise(1 << 20)));
  EXPECT_TRUE(looks_like_noise(noise(5000)));
  EXPECT_FALSE(looks_like_noise(text(1 << 20)));
  EXPECT_FALSE(looks_like_noise(ByteVec(1 << 20)));
  EXPECT_FALSE(looks_like_noise({}));
  for (const std::size_t at : {std::size_t{0}, std::size_t{500'000}, std::size_t{983'040}}) {
    ByteVec mixed = noise(1 << 20);
    std::ranges::copy(text(64 << 10), mixed.begin() + static_cast<std::ptrdiff_t>(at));
    EXPECT_FALSE(looks_like_noise(mixed)) << at;
  }
}

TEST(SegmentEncoder, NoiseThatRepeatsItselfIsCompressed) {
  ByteVec repeated;
  while (repeated.size() < kMiB) append(repeated, noise(10'000));
  // The fast level sees it too, but its library finds no such repetitions.
  for (const Level level : {Level::kBalanced, Level::kSmall}) {
    SegmentBuffer packed;
    ASSERT_TRUE(make_segment_encoder(level)->encode(repeated, packed));
    EXPECT_LT(packed.size(), repeated.size() / 10);
  }
}

}  // namespace
}  // namespace backshelf
