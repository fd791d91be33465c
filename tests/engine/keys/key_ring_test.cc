#include "engine/keys/key_ring.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>

#include "engine/base/error.h"
#include "engine/securetar/seal_sink.h"
#include "engine/stream/adapters.h"

namespace backshelf {
namespace {

constexpr char kPassword[] = "ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ01";

std::unique_ptr<KeyRing> ring_of(const std::vector<std::string>& passwords) {
  std::vector<SecretBytes> keys;
  for (const std::string& password : passwords) keys.emplace_back(as_bytes(password));
  return KeyRing::make(std::move(keys));
}

ByteVec vector_file(const std::string& name) {
  std::ifstream file(std::string(BACKSHELF_TEST_DATA) + "/format/" + name, std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const ByteView bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

struct Start {
  explicit Start(ByteVec member) : bytes(std::move(member)) {
    bytes.resize(std::min(bytes.size(), kSniffBytes));
    header = sniff(bytes);
  }
  ByteVec bytes;
  SealHeader header;
};

// A member whose content begins as a gzip does.
ByteVec sealed_with(const std::shared_ptr<const SealKey>& key) {
  MemorySink sink;
  const auto sealer = seal(sink, key);
  ByteVec plain(2000);
  plain[0] = std::byte{0x1F};
  plain[1] = std::byte{0x8B};
  plain[2] = std::byte{0x08};
  sealer->write(plain);
  const SealSink::Sealed done = sealer->finish();
  ByteVec sealed = sink.take();
  std::copy(done.header.begin(), done.header.end(), sealed.begin());
  return sealed;
}

ErrorKind failure_of(KeyRing& ring, const Start& start) {
  try {
    (void)ring.open(start.header, start.bytes);
  } catch (const Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "it opened";
  return ErrorKind::kInternal;
}

class EveryFormat : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryFormat, OpensWithItsKeyInAnyFormAndPlace) {
  const Start start(vector_file(GetParam()));
  const auto exact = ring_of({kPassword})->open(start.header, start.bytes);
  for (const auto& keys : std::vector<std::vector<std::string>>{
           {"other", kPassword}, {" abcd-efgh-ijkl-mnop-qrst-uvwx-yz01 "}}) {
    const auto opened = ring_of(keys)->open(start.header, start.bytes);
    EXPECT_TRUE(opened->key.equals(exact->key.view()));
    EXPECT_EQ(opened->iv, exact->iv);
  }
}

TEST_P(EveryFormat, GivesTheKeyThatOpensItForSealingOthers) {
  const Start start(vector_file(GetParam()));
  const std::string typed = "abcd-efgh-ijkl-mnop-qrst-uvwx-yz01";
  for (const int version : {2, 3}) {
    const auto key = ring_of({"other", typed})->seal_key_like(start.header, start.bytes, version);
    const Start made(sealed_with(key));
    EXPECT_NE(ring_of({kPassword})->open(made.header, made.bytes), nullptr);
    EXPECT_EQ(failure_of(*ring_of({"other"}), made), ErrorKind::kWrongKey);
  }
  const auto wrong = ring_of({"other"});
  EXPECT_THROW((void)wrong->seal_key_like(start.header, start.bytes, 3), Error);
}

TEST_P(EveryFormat, SaysWhetherAKeyIsMissingOrWrong) {
  const Start start(vector_file(GetParam()));
  EXPECT_EQ(failure_of(*ring_of({}), start), ErrorKind::kNeedsKey);
  const auto wrong = ring_of({"wrong", "words"});
  EXPECT_EQ(failure_of(*wrong, start), ErrorKind::kWrongKey);
  EXPECT_EQ(failure_of(*wrong, start), ErrorKind::kWrongKey) << "the second time too";
}

INSTANTIATE_TEST_SUITE_P(KeyRing, EveryFormat,
                         ::testing::Values("v1_tar.securetar", "v1_gz.securetar",
                                           "v2_tar.securetar", "v3_tar.securetar"));

TEST(KeyRing, OpensWhatItSealed) {
  for (const int version : {2, 3}) {
    const auto ring = ring_of({"first", "second"});
    const Start start(sealed_with(ring->seal_key(version)));
    EXPECT_NO_THROW((void)ring_of({"first"})->open(start.header, start.bytes)) << version;
    EXPECT_EQ(failure_of(*ring_of({"second"}), start), ErrorKind::kWrongKey) << version;
  }
}

TEST(KeyRing, EveryArchiveHasSaltsOfItsOwn) {
  const auto ring = ring_of({"word"});
  const auto one = ring->seal_key(3), two = ring->seal_key(3);
  EXPECT_NE(one->root_salt, two->root_salt);
  EXPECT_FALSE(one->secret.equals(two->secret.view()));
}

TEST(KeyRing, SealingNeedsAKey) {
  EXPECT_EQ(ring_of({})->size(), 0U);
  EXPECT_THROW((void)ring_of({})->seal_key(3), Error);
}

// Keeps what it is told and counts the questions.
class KeptHints final : public KeyHints {
 public:
  [[nodiscard]] std::optional<std::uint32_t> find(const RootSalt&) const override { return hint; }
  void note(const RootSalt&, std::uint32_t number) override {
    hint = number;
    ++notes;
  }
  std::optional<std::uint32_t> hint;
  int notes = 0;
};

std::unique_ptr<KeyRing> ring_of(const std::vector<std::string>& passwords, KeyHints& hints) {
  std::vector<SecretBytes> keys;
  for (const std::string& password : passwords) keys.emplace_back(as_bytes(password));
  return KeyRing::make(std::move(keys), &hints);
}

TEST(KeyRing, NotesWhichKeyOpensWhatTheFirstGuessDoesNot) {
  const Start start(vector_file("v3_tar.securetar"));
  const auto expected = ring_of({kPassword})->open(start.header, start.bytes);
  KeptHints hints;
  const auto opens_with = [&](const std::vector<std::string>& passwords) {
    return ring_of(passwords, hints)
        ->open(start.header, start.bytes)
        ->key.equals(expected->key.view());
  };
  EXPECT_TRUE(opens_with({kPassword, "other"}));
  EXPECT_EQ(hints.notes, 0) << "the first key is tried first anyway";
  EXPECT_TRUE(opens_with({"other", "words", kPassword}));
  EXPECT_EQ(hints.hint, 2U);
  EXPECT_EQ(hints.notes, 1);
  EXPECT_TRUE(opens_with({"other", "words", kPassword}));
  EXPECT_EQ(hints.notes, 1) << "the hint was right: nothing to note";
  EXPECT_TRUE(opens_with({kPassword, "other", "words"})) << "a hint that is wrong by now";
  EXPECT_EQ(hints.hint, 0U);
  hints.hint = 4'000'000'000U;
  EXPECT_TRUE(opens_with({"other", kPassword}));
  EXPECT_EQ(hints.hint, 1U);
  hints.hint = 1;
  EXPECT_EQ(failure_of(*ring_of({"other", "words"}, hints), start), ErrorKind::kWrongKey);
  EXPECT_EQ(hints.hint, 1U) << "a key that is not there today may be there tomorrow";
}

TEST(KeyRing, ThreadsThatOpenTheSameArchiveAgree) {
  const Start start(vector_file("v3_tar.securetar"));
  const auto ring = ring_of({"wrong", kPassword});
  const auto expected = ring_of({kPassword})->open(start.header, start.bytes);
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        good += ring->open(start.header, start.bytes)->key.equals(expected->key.view()) ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(good, 4);
}

// The error paths.

TEST(KeyRing, AKnownSaltDoesNotOpenAHeaderThatWasChanged) {
  const Start good(vector_file("v3_tar.securetar"));
  Start changed = good;
  changed.header.validation_key[0] ^= std::byte{1};
  const auto ring = ring_of({kPassword});
  (void)ring->open(good.header, good.bytes);
  EXPECT_EQ(failure_of(*ring, changed), ErrorKind::kWrongKey);
  EXPECT_NO_THROW((void)ring->open(good.header, good.bytes));
}

TEST(KeyRing, AnUnknownVersionIsUnsupportedWithAnyKey) {
  ByteVec bytes = vector_file("v3_tar.securetar");
  bytes[9] = std::byte{4};
  const Start start(std::move(bytes));
  EXPECT_EQ(failure_of(*ring_of({kPassword}), start), ErrorKind::kUnsupported);
}

TEST(KeyRing, AMemberCutBeforeItsFirstBlockIsTruncated) {
  ByteVec bytes = vector_file("v2_tar.securetar");
  for (const std::size_t size : {kV2HeaderBytes, kV2HeaderBytes + 15}) {
    const Start start(ByteVec(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_EQ(failure_of(*ring_of({kPassword}), start), ErrorKind::kTruncated) << size;
  }
}

}  // namespace
}  // namespace backshelf
