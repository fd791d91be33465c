// AES-128-CBC against NIST SP 800-38A, F.2.1 and F.2.2.
#include "engine/crypto/aes_cbc.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace backshelf {
namespace {

class AesCbc : public ::testing::Test {
 protected:
  AesCbc() {
    for (std::size_t i = 0; i < iv_.size(); ++i) iv_[i] = static_cast<std::byte>(i);
  }
  [[nodiscard]] static AesIv block_of(ByteView bytes, std::size_t number) {
    AesIv block{};
    std::ranges::copy(bytes.subspan(number * kAesBlock, kAesBlock), block.begin());
    return block;
  }

  const ByteVec key_ = from_hex("2b7e151628aed2a6abf7158809cf4f3c");
  const ByteVec plain_ = from_hex(
      "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
      "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
  const ByteVec sealed_ = from_hex(
      "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
      "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7");
  AesIv iv_{};
};

TEST_F(AesCbc, EncryptsThePublishedBlocks) {
  ByteVec out(plain_.size());
  AesCbcEncryptor(key_, iv_).encrypt(plain_, out);
  EXPECT_EQ(to_hex(out), to_hex(sealed_));
}

TEST_F(AesCbc, DecryptsThePublishedBlocks) {
  ByteVec out(sealed_.size());
  aes_cbc_decrypt(key_, iv_, sealed_, out);
  EXPECT_EQ(to_hex(out), to_hex(plain_));
}

TEST_F(AesCbc, TheNextCallGoesOnWhereTheLastEnded) {
  AesCbcEncryptor encryptor(key_, iv_);
  ByteVec out(plain_.size());
  encryptor.encrypt(ByteView(plain_).first(kAesBlock), out);
  encryptor.encrypt({}, {});
  encryptor.encrypt(ByteView(plain_).subspan(kAesBlock), ByteSpan(out).subspan(kAesBlock));
  EXPECT_EQ(to_hex(out), to_hex(sealed_));
}

TEST_F(AesCbc, AnyBlockOpensWithTheOneBeforeItAsIv) {
  for (std::size_t number = 1; number < 4; ++number) {
    AesIv out{};
    aes_cbc_decrypt(key_, block_of(sealed_, number - 1), block_of(sealed_, number), out);
    EXPECT_EQ(out, block_of(plain_, number)) << number;
  }
}

// No check of its own, so damage shows: one block is noise, one has the same bits turned.
TEST_F(AesCbc, AChangedBitDamagesItsBlockAndTheNextOnly) {
  ByteVec damaged = sealed_;
  damaged[kAesBlock + 3] ^= std::byte{0x40};
  ByteVec out(damaged.size());
  aes_cbc_decrypt(key_, iv_, damaged, out);
  EXPECT_EQ(block_of(out, 0), block_of(plain_, 0));
  EXPECT_NE(block_of(out, 1), block_of(plain_, 1));
  AesIv next = block_of(plain_, 2);
  next[3] ^= std::byte{0x40};
  EXPECT_EQ(block_of(out, 2), next);
  EXPECT_EQ(block_of(out, 3), block_of(plain_, 3));
}

}  // namespace
}  // namespace backshelf
