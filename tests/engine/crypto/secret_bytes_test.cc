#include "engine/crypto/secret_bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/support/kind_of.h"

namespace backshelf {
namespace {

static_assert(!std::is_copy_constructible_v<SecretBytes>);
static_assert(!std::is_copy_assignable_v<SecretBytes>);
static_assert(std::is_nothrow_move_constructible_v<SecretBytes>);
static_assert(std::is_nothrow_move_assignable_v<SecretBytes>);

bool all_zero(ByteView bytes) {
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{}; });
}

void expect_empty(const SecretBytes& secret) {
  EXPECT_TRUE(secret.empty());
  EXPECT_EQ(secret.size(), 0U);
  EXPECT_EQ(secret.view().data(), nullptr);
  EXPECT_TRUE(secret.equals({}));
}

TEST(SecretBytes, StartsEmptyOrWithZeros) {
  expect_empty(SecretBytes());
  expect_empty(SecretBytes(std::size_t{0}));
  const SecretBytes zeros(1000);
  EXPECT_EQ(zeros.size(), 1000U);
  EXPECT_TRUE(all_zero(zeros.view()));
}

TEST(SecretBytes, KeepsItsOwnCopy) {
  std::string text = "a key";
  SecretBytes secret(as_bytes(text));
  text = "other";
  EXPECT_EQ(as_text(secret.view()), "a key");
  secret.writable()[0] = std::byte{'A'};
  EXPECT_EQ(as_text(secret.view()), "A key");
}

TEST(SecretBytes, MovedFromIsEmpty) {
  SecretBytes first(as_bytes("a key"));
  SecretBytes second(std::move(first));
  expect_empty(first);  // NOLINT(bugprone-use-after-move): what this test is about
  EXPECT_EQ(as_text(second.view()), "a key");

  SecretBytes third(as_bytes("an older and longer key"));
  third = std::move(second);
  expect_empty(second);  // NOLINT(bugprone-use-after-move): likewise
  EXPECT_EQ(as_text(third.view()), "a key");
}

TEST(SecretBytes, MovedOntoItselfKeepsItsBytes) {
  SecretBytes secret(as_bytes("a key"));
  SecretBytes& same = secret;
  secret = std::move(same);
  EXPECT_EQ(as_text(secret.view()), "a key");
}

TEST(SecretBytes, ACloneIsItsOwn) {
  SecretBytes secret(as_bytes("a key"));
  const SecretBytes clone = secret.clone();
  secret.writable()[0] = std::byte{'A'};
  EXPECT_EQ(as_text(clone.view()), "a key");
  expect_empty(SecretBytes().clone());
}

TEST(SecretBytes, EqualsLooksAtEveryByteAndTheSize) {
  const SecretBytes secret(as_bytes("a key"));
  EXPECT_TRUE(secret.equals(as_bytes("a key")));
  for (const char* other : {"b key", "a kez", "a ke", "a key ", ""}) {
    EXPECT_FALSE(secret.equals(as_bytes(other))) << other;
  }
}

TEST(SecretBytes, WipeLeavesZeros) {
  std::string text(100, 'k');
  wipe(std::as_writable_bytes(std::span(text)));
  EXPECT_TRUE(all_zero(as_bytes(text)));
  SecretBytes secret(as_bytes("a key"));
  wipe(secret.writable());
  EXPECT_EQ(secret.size(), 5U);
  EXPECT_TRUE(all_zero(secret.view()));
  wipe({});
}

TEST(SecretBytes, ManyAtOnceKeepTheirBytesAndNewOnesAreZero) {
  std::vector<SecretBytes> secrets;
  const auto text_of = [](std::size_t i) { return "key " + std::to_string(i * 7919); };
  for (std::size_t i = 0; i < 1000; ++i) {
    secrets.emplace_back(as_bytes(text_of(i)));
    if (i % 3 == 0) secrets[i / 2] = secrets[i / 2].clone();
  }
  for (std::size_t i = 0; i < 1000; i += 2) secrets[i] = SecretBytes();
  for (std::size_t i = 0; i < 1000; i += 2) {
    secrets[i] = SecretBytes(std::size_t{64});
    ASSERT_TRUE(all_zero(secrets[i].view())) << i;
  }
  for (std::size_t i = 1; i < 1000; i += 2) EXPECT_EQ(as_text(secrets[i].view()), text_of(i)) << i;
}

// KiB that this process holds locked.
std::size_t locked_kib() {
  std::ifstream status("/proc/self/status");
  std::string word;
  std::size_t kib = 0;
  while (status >> word) {
    if (word == "VmLck:") status >> kib;
  }
  return kib;
}

TEST(SecretBytes, AThousandKeysStayWithinWhatAProcessMayLock) {
  const std::size_t before = locked_kib();
  std::vector<SecretBytes> keys;
  for (int i = 0; i < 1000; ++i) keys.emplace_back(std::size_t{32});
  EXPECT_LT(locked_kib() - before, 100U);
}

// Error paths.

TEST(SecretBytes, NoMemoryIsNoSpace) {
  const auto make = [] { (void)SecretBytes(std::numeric_limits<std::size_t>::max()); };
  EXPECT_EQ(kind_of(make), ErrorKind::kNoSpace);
}

}  // namespace
}  // namespace backshelf
