// Hashes and key derivation against the values their authors published.
#include "engine/crypto/hash.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "tests/support/kind_of.h"

namespace backshelf {
namespace {

// Messages of FIPS 180's examples: one block, two blocks, many blocks.
constexpr char kTwoBlocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
const std::string kMillion(1'000'000, 'a');

TEST(Hash, Sha1OfThePublishedMessages) {
  EXPECT_EQ(to_hex(sha1({})), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(to_hex(sha1(as_bytes("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(to_hex(sha1(as_bytes(kTwoBlocks))), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  EXPECT_EQ(to_hex(sha1(as_bytes(kMillion))), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST(Hash, Sha256OfThePublishedMessages) {
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(as_bytes(kTwoBlocks))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(to_hex(sha256(as_bytes(kMillion))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Hash, RoundsHashTheHash) {
  const ByteView text = as_bytes("abc");
  EXPECT_TRUE(sha256_rounds(text, 1).equals(sha256(text)));
  EXPECT_TRUE(sha256_rounds(text, 3).equals(sha256(sha256(sha256(text)))));
}

// libsodium's key derivation is the same call with a number as salt and its context as
// personalisation; its test suite publishes this one.
TEST(Hash, Blake2bSubkeyOfAPublishedVector) {
  ByteVec key(32);
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::byte>(i);
  ByteVec salt(16);
  salt[0] = std::byte{32};
  const std::string person = std::string("KDF test") + std::string(8, '\0');
  EXPECT_EQ(to_hex(blake2b_subkey(key, salt, as_bytes(person)).view()),
            "154b291f11196737f8b7f491e4ca11764e0227d34f94295408a869f007aa8618");
  EXPECT_NE(to_hex(blake2b_subkey(key, as_bytes(person), salt).view()),
            "154b291f11196737f8b7f491e4ca11764e0227d34f94295408a869f007aa8618");
}

// An encoded hash of libsodium's test suite, of the empty password.
TEST(Hash, Argon2idOfAPublishedVector) {
  const ByteVec salt = from_hex("6c0f356abb225f2b1ddd66d34739843b");
  EXPECT_EQ(to_hex(argon2id({}, salt, {2, 4882 * kKiB}).view()),
            "366f1004cfbb447d435e8f6bbe9e5cc0a10e38e7c3da0e89bb19578a1a0d7291");
}

TEST(Hash, Argon2idDependsOnAllItIsGiven) {
  const auto derive = [](std::string_view password, std::string_view salt, Argon2Cost cost) {
    return to_hex(argon2id(as_bytes(password), as_bytes(salt), cost).view());
  };
  constexpr char kSalt[] = "Ii1iHicmHH7+Fv3K";
  const std::set<std::string> keys = {
      derive("secret", kSalt, {1, kMiB}), derive("Secret", kSalt, {1, kMiB}),
      derive("secret", "ii1iHicmHH7+Fv3K", {1, kMiB}), derive("secret", kSalt, {2, kMiB}),
      derive("secret", kSalt, {1, 2 * kMiB})};
  EXPECT_EQ(keys.size(), 5U);
}

TEST(Hash, RandomBytesDiffer) {
  std::array<std::byte, 32> first{};
  std::array<std::byte, 32> second{};
  random_bytes(first);
  random_bytes(second);
  EXPECT_NE(first, second);
  EXPECT_NE(first, (std::array<std::byte, 32>{}));
}

TEST(Hash, RandomBelowKeepsItsBound) {
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random_below(4));
  EXPECT_EQ(seen, (std::set<std::uint32_t>{0, 1, 2, 3}));
  EXPECT_EQ(random_below(1), 0U);
}

// Error paths.

TEST(Hash, Argon2idThatDoesNotFitIsNoSpace) {
  const std::size_t too_much = std::numeric_limits<std::size_t>::max();
  const auto derive = [&] { (void)argon2id({}, as_bytes("Ii1iHicmHH7+Fv3K"), {1, too_much}); };
  EXPECT_EQ(kind_of(derive), ErrorKind::kNoSpace);
}

}  // namespace
}  // namespace backshelf
