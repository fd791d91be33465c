#include "engine/securetar/header.h"

#include <gtest/gtest.h>

namespace backshelf {
namespace {

ByteVec bytes_of(std::string_view text, std::size_t size) {
  ByteVec bytes(size);
  std::copy(as_bytes(text).begin(), as_bytes(text).end(), bytes.begin());
  return bytes;
}

TEST(SecureTarHeader, IsSniffedFromTheBytesAlone) {
  EXPECT_EQ(sniff({}).format, SealFormat::kEmpty);
  EXPECT_EQ(sniff(bytes_of("\x1f\x8b\x08", 512)).format, SealFormat::kPlainGzip);
  ByteVec tar(512);
  std::copy_n(as_bytes("ustar").begin(), 5, tar.begin() + 257);
  EXPECT_EQ(sniff(tar).format, SealFormat::kPlainTar);
  EXPECT_EQ(sniff(bytes_of("sixteen salt byte and more", 512)).format, SealFormat::kV1);
  EXPECT_EQ(sniff(bytes_of("SecureTar\x02", 512)).format, SealFormat::kV2);
  EXPECT_EQ(sniff(bytes_of("SecureTar\x03", 512)).format, SealFormat::kV3);
}

TEST(SecureTarHeader, OtherVersionsAndReservedBytesAreUnsupported) {
  EXPECT_EQ(sniff(bytes_of("SecureTar\x01", 512)).format, SealFormat::kUnsupported);
  EXPECT_EQ(sniff(bytes_of("SecureTar\x04", 512)).format, SealFormat::kUnsupported);
  ByteVec reserved = bytes_of("SecureTar\x03", 512);
  reserved[12] = std::byte{1};
  EXPECT_EQ(sniff(reserved).format, SealFormat::kUnsupported);
  EXPECT_FALSE(sniff(reserved).reserved_zero);
}

TEST(SecureTarHeader, CutInsideIsKnown) {
  for (const std::size_t size : {10U, 15U, 16U, 47U}) {
    EXPECT_FALSE(sniff(bytes_of("SecureTar\x02", size)).complete) << size;
  }
  EXPECT_TRUE(sniff(bytes_of("SecureTar\x02", 48)).complete);
  EXPECT_FALSE(sniff(bytes_of("SecureTar\x03", 135)).complete);
  EXPECT_TRUE(sniff(bytes_of("SecureTar\x03", 136)).complete);
}

TEST(SecureTarSizes, FollowTheFormulaAtEveryEdge) {
  EXPECT_EQ(v3_sealed_size(0), 136U + 17U);
  EXPECT_EQ(v3_sealed_size(1), 136U + 1U + 17U);
  EXPECT_EQ(v3_sealed_size(kV3ChunkBytes), 1048729U);
  EXPECT_EQ(v3_sealed_size(kV3ChunkBytes + 1), 1048747U);
  EXPECT_EQ(v2_sealed_size(16), 48U + 32U);
  EXPECT_EQ(v2_sealed_size(15), 48U + 16U);
  // supervisor#7034: reported size, real size.
  EXPECT_EQ(v3_sealed_size(10210963057ULL), 10211128739ULL);
}

TEST(SecureTarSizes, AreInvertedWhereTheyCanBe) {
  for (const std::uint64_t n : {std::uint64_t{0}, std::uint64_t{1}, kV3ChunkBytes - 1,
                                kV3ChunkBytes, kV3ChunkBytes + 1, std::uint64_t{10210963057}}) {
    EXPECT_EQ(v3_plain_size(v3_sealed_size(n)), n);
  }
  EXPECT_FALSE(v3_plain_size(152).has_value());
  EXPECT_FALSE(v3_plain_size(v3_sealed_size(kV3ChunkBytes) + 5).has_value());
}

}  // namespace
}  // namespace backshelf
