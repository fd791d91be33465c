#include "engine/archive/limited_keys.h"

#include <gtest/gtest.h>

#include "engine/archive/archive.h"
#include "engine/base/error.h"
#include "engine/stream/adapters.h"
#include "tests/support/small_archive.h"

namespace backshelf {
namespace {

// Opens the members of one root salt and counts how often it is asked.
class FakeKeys final : public KeySource {
 public:
  [[nodiscard]] std::shared_ptr<const OpenedKey> open(const SealHeader& header, ByteView) override {
    ++asked;
    if (header.root_salt[0] == std::byte{0xFF} && header.validation_key[0] == std::byte{0}) {
      return std::make_shared<OpenedKey>();
    }
    throw Error(ErrorKind::kWrongKey, "opening", "the key does not open it");
  }
  [[nodiscard]] std::shared_ptr<const SealKey> seal_key(int) override { return nullptr; }
  int asked = 0;
};

SealHeader header_of(int salt, int damage = 0) {
  SealHeader header;
  header.format = SealFormat::kV3;
  header.root_salt[0] = static_cast<std::byte>(salt);
  header.validation_key[0] = static_cast<std::byte>(damage);
  return header;
}

bool opens(KeySource& keys, const SealHeader& header) {
  try {
    return keys.open(header, {}) != nullptr;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kWrongKey);
    return false;
  }
}

TEST(LimitedKeys, AFewSaltsThatNoKeyOpensAreEnough) {
  FakeKeys below;
  LimitedKeys keys(below);
  for (int salt = 0; salt < 100; ++salt) EXPECT_FALSE(opens(keys, header_of(salt)));
  EXPECT_EQ(below.asked, 4);
  EXPECT_FALSE(opens(keys, header_of(255))) << "nor is a good one tried that comes too late";
}

TEST(LimitedKeys, WhatOpenedOnceGoesOnToOpen) {
  FakeKeys below;
  LimitedKeys keys(below);
  EXPECT_TRUE(opens(keys, header_of(255)));
  for (int salt = 0; salt < 100; ++salt) EXPECT_FALSE(opens(keys, header_of(salt)));
  EXPECT_TRUE(opens(keys, header_of(255)));
}

TEST(LimitedKeys, DamagedHeadersOfOneSaltDoNotSpendItsTries) {
  FakeKeys below;
  LimitedKeys keys(below);
  for (int damage = 1; damage < 10; ++damage) EXPECT_FALSE(opens(keys, header_of(255, damage)));
  EXPECT_TRUE(opens(keys, header_of(255)));
  FakeKeys other;
  LimitedKeys limited(other);
  for (int damage = 1; damage < 100; ++damage) EXPECT_FALSE(opens(limited, header_of(7, damage)));
  EXPECT_EQ(other.asked, 16) << "but there is an end";
}

TEST(LimitedKeys, AnArchiveOfManySaltsIsCheckedSoon) {
  std::string tar;
  for (int i = 0; i < 50; ++i) {
    std::string member("SecureTar\x03", 10);
    member.resize(4000, '\1');
    std::fill_n(member.begin() + 10, 14, '\0');
    member[22] = '\x09';  // 2304 bytes
    member[32] = static_cast<char>(i);
    add_tar_file(tar, concat("app", i, ".tar.gz"), member);
  }
  tar.resize(tar.size() + 1024, '\0');
  FakeKeys keys;
  BlockCache cache(kMiB);
  const ByteVec bytes(as_bytes(tar).begin(), as_bytes(tar).end());
  const auto archive = Archive::open(std::make_shared<MemorySource>(bytes), "x.tar", {keys, cache});
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(archive->check(stop.get_token()), Error);
  EXPECT_EQ(keys.asked, 0) << "nobody waits for it any more";
  archive->check();
  EXPECT_EQ(keys.asked, 4);
  for (const MemberInfo& member : archive->members()) EXPECT_EQ(member.state, State::kWrongKey);
}

}  // namespace
}  // namespace backshelf
