// Single SecureTar streams with all key material known, made by HA's own library.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "engine/base/error.h"
#include "engine/crypto/hash.h"
#include "engine/securetar/derive.h"
#include "engine/securetar/unsealed_source.h"
#include "engine/stream/adapters.h"

namespace backshelf {
namespace {

constexpr char kPassword[] = "ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ01";

ByteVec load(const std::string& name) {
  std::ifstream file(std::string(BACKSHELF_TEST_DATA) + "/format/" + name, std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const ByteView bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

ByteVec read_all(const RandomSource& source, std::size_t step) {
  ByteVec all(source.size());
  for (std::size_t at = 0; at < all.size(); at += step) {
    const std::size_t wanted = std::min(step, all.size() - at);
    EXPECT_EQ(source.read_at(at, ByteSpan(all).subspan(at, wanted)), wanted);
  }
  return all;
}

class FormatVectors : public ::testing::Test {
 protected:
  std::unique_ptr<UnsealedSource> open(ByteVec bytes) {
    const SealHeader header = sniff(ByteView(bytes).first(std::min(bytes.size(), kSniffBytes)));
    auto key = std::make_shared<OpenedKey>();
    if (header.format == SealFormat::kV3) {
      const SecretBytes root = v3_root_key(as_bytes(kPassword), header.root_salt);
      EXPECT_TRUE(
          v3_validation_key(root.view(), header.validation_salt).equals(header.validation_key));
      key->key = v3_stream_key(root.view(), header.derivation_salt);
    } else {
      key->key = cbc_key(as_bytes(kPassword));
      key->iv = cbc_iv(key->key.view(), header.salt);
    }
    return unseal(std::make_shared<MemorySource>(std::move(bytes)), header, key, cache_);
  }
  BlockCache cache_{16 * kMiB};
};

TEST_F(FormatVectors, DerivesTheKnownKeys) {
  EXPECT_EQ(to_hex(cbc_key(as_bytes(kPassword)).view()), "d3090996feae4f036a84a8a7b4233a6a");
  const ByteVec salt = from_hex("000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(to_hex(cbc_iv(cbc_key(as_bytes(kPassword)).view(), salt)),
            "11ddbc594256ac7896a2aa8a7ce97952");
  const SecretBytes root =
      v3_root_key(as_bytes(kPassword), from_hex("101112131415161718191a1b1c1d1e1f"));
  EXPECT_EQ(to_hex(root.view()),
            "15bea2f578d75be11acf76a5e936ce78c5a7d513c8ffcda48c02cd478ce45a04");
  EXPECT_EQ(
      to_hex(v3_validation_key(root.view(), from_hex("202122232425262728292a2b2c2d2e2f")).view()),
      "7f0ed0a4b69e390aaaea48c85964fdcd28afa1ebb3e30535995898aaaab8f26d");
  EXPECT_EQ(to_hex(v3_stream_key(root.view(), from_hex("303132333435363738393a3b3c3d3e3f")).view()),
            "7cc03959a637960c1bb002f11f5550957be1ec9aed2e6037bfe77abd1c294e3b");
}

TEST_F(FormatVectors, GiveThePayloadInReadsOfAnySize) {
  const ByteVec payload = load("payload.tar");
  ASSERT_EQ(to_hex(sha256(payload)),
            "873cfbe7077651c534b7783fe6d8e40e0a80e30a3a53d63994c5043bae333b67");
  for (const char* name : {"v1_tar.securetar", "v2_tar.securetar", "v3_tar.securetar"}) {
    const auto plain = open(load(name));
    EXPECT_EQ(plain->end_state(), UnsealedSource::End::kSound) << name;
    for (const std::size_t step : {1U, 16U, 33U, 333U, 4096U}) {
      EXPECT_EQ(read_all(*plain, step), payload) << name << " in steps of " << step;
    }
  }
}

TEST_F(FormatVectors, ChunkEdgesAreExact) {
  const ByteVec payload = load("payload.tar");
  const struct {
    const char* name;
    std::size_t size;
  } cases[] = {{"v3_exact1MiB.securetar", 1048576},
               {"v3_1MiB_plus1.securetar", 1048577},
               {"v3_2MiB_plus100.securetar", 2097252}};
  for (const auto& one : cases) {
    const auto plain = open(load(one.name));
    ASSERT_EQ(plain->size(), one.size);
    EXPECT_EQ(plain->end_state(), UnsealedSource::End::kSound) << one.name;
    ByteVec expected = payload;
    expected.resize(one.size);
    EXPECT_EQ(read_all(*plain, 100'003), expected) << one.name;
    std::byte beyond[1];
    EXPECT_EQ(plain->read_at(one.size, beyond), 0U);
  }
}

TEST_F(FormatVectors, AChangedByteIsNeverServed) {
  const ByteVec sealed = load("v3_2MiB_plus100.securetar");
  const std::size_t chunk = kV3ChunkBytes + kV3ChunkOverhead;
  for (const std::size_t at : {kV3HeaderBytes, kV3HeaderBytes + 1, kV3HeaderBytes + chunk - 1}) {
    ByteVec changed = sealed;
    changed[at] ^= std::byte{1};
    const auto plain = open(std::move(changed));
    ByteVec out(10);
    EXPECT_THROW((void)plain->read_at(0, out), Error) << at;
  }
}

TEST_F(FormatVectors, SwappedChunksAreNeverServed) {
  ByteVec sealed = load("v3_2MiB_plus100.securetar");
  const std::size_t chunk = kV3ChunkBytes + kV3ChunkOverhead;
  const auto first = sealed.begin() + kV3HeaderBytes;
  std::swap_ranges(first, first + static_cast<std::ptrdiff_t>(chunk),
                   first + static_cast<std::ptrdiff_t>(chunk));
  const auto plain = open(std::move(sealed));
  ByteVec out(10);
  EXPECT_THROW((void)plain->read_at(0, out), Error);
  EXPECT_THROW((void)plain->read_at(kV3ChunkBytes, out), Error);
}

TEST_F(FormatVectors, AShortenedStreamWithAHeaderThatAgreesIsNotSound) {
  ByteVec sealed = load("v3_2MiB_plus100.securetar");
  sealed.resize(v3_sealed_size(kV3ChunkBytes));
  store_be64(ByteSpan(sealed).subspan(16), kV3ChunkBytes);
  const auto plain = open(std::move(sealed));
  EXPECT_EQ(plain->end_state(), UnsealedSource::End::kDamaged);
  EXPECT_NE(plain->end_problem().find("end is not marked"), std::string::npos);
}

TEST_F(FormatVectors, ACutStreamIsTruncatedAndItsWholeChunksAreReadable) {
  ByteVec sealed = load("v3_2MiB_plus100.securetar");
  sealed.resize(sealed.size() - 1);
  const auto plain = open(std::move(sealed));
  EXPECT_EQ(plain->end_state(), UnsealedSource::End::kTruncated);
  ByteVec out(kV3ChunkBytes);
  EXPECT_EQ(plain->read_at(0, out), out.size());
  EXPECT_THROW((void)plain->read_at(2 * kV3ChunkBytes, out), Error);
}

TEST_F(FormatVectors, AHeaderAloneHasNoPayload) {
  ByteVec sealed = load("v3_tar.securetar");
  sealed.resize(kV3HeaderBytes);
  try {
    (void)open(std::move(sealed));
    FAIL() << "opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kTruncated);
  }
}

}  // namespace
}  // namespace backshelf
