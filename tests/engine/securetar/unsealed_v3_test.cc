// v3 streams that no writer should have made.
#include "engine/securetar/unsealed_v3.h"

#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/stream/adapters.h"

namespace backshelf {
namespace {

class Hollow final : public RandomSource {
 public:
  explicit Hollow(std::uint64_t size) : size_(size) {}
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] std::size_t read_at(std::uint64_t, ByteSpan out) const override {
    ++reads;
    std::fill(out.begin(), out.end(), std::byte{0});
    return out.size();
  }
  mutable std::uint64_t reads = 0;

 private:
  std::uint64_t size_;
};

// A member of whole chunks; one of them has the FINAL mark. The header itself is not looked at.
class UnsealedV3Test : public ::testing::Test {
 protected:
  std::unique_ptr<UnsealedSource> open(std::size_t chunks, std::size_t final) {
    ChunkSealer sealer(key_);
    ByteVec member(kV3HeaderBytes);
    for (std::size_t i = 0; i < chunks; ++i) {
      const std::size_t at = member.size();
      member.resize(at + kV3ChunkBytes + kV3ChunkOverhead);
      sealer.seal(ByteVec(kV3ChunkBytes, static_cast<std::byte>(i + 1)), i == final,
                  ByteSpan(member).subspan(at));
    }
    SealHeader header;
    header.format = SealFormat::kV3;
    header.plain_size = chunks * kV3ChunkBytes;
    return unseal_v3(std::make_shared<MemorySource>(std::move(member)), header,
                     make_chunk_cipher(key_, sealer.header()), cache_);
  }
  const ByteVec key_ = ByteVec(32, std::byte{7});
  BlockCache cache_{16 * kMiB};
};

TEST_F(UnsealedV3Test, AnEndThatIsMarkedTooEarlyIsToldAndWhatIsBeforeItShown) {
  for (const std::size_t final : {0U, 1U, 3U}) {
    const auto plain = open(5, final);
    EXPECT_EQ(plain->end_state(), UnsealedSource::End::kDamaged);
    EXPECT_NE(plain->end_problem().find("ends too early"), std::string::npos)
        << plain->end_problem();
    ByteVec out(1);
    for (std::size_t chunk = 0; chunk <= final; ++chunk) {
      EXPECT_EQ(plain->read_at(chunk * kV3ChunkBytes, out), 1U);
      EXPECT_EQ(out[0], static_cast<std::byte>(chunk + 1));
    }
    for (std::size_t chunk = final + 1; chunk < 5; ++chunk) {
      EXPECT_THROW((void)plain->read_at(chunk * kV3ChunkBytes, out), Error) << chunk;
    }
  }
  EXPECT_EQ(open(5, 4)->end_state(), UnsealedSource::End::kSound);
}

TEST_F(UnsealedV3Test, ASizeThatNoBackupHasIsRefusedWithoutReading) {
  SealHeader header;
  header.format = SealFormat::kV3;
  header.plain_size = (std::uint64_t{1} << 44U);
  const auto member = std::make_shared<Hollow>(v3_sealed_size(header.plain_size));
  const ByteVec stream_header(kStreamHeaderBytes);
  try {
    (void)unseal_v3(member, header, make_chunk_cipher(key_, stream_header), cache_);
    FAIL() << "it was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kDamaged);
  }
  EXPECT_EQ(member->reads, 0U);
}

}  // namespace
}  // namespace backshelf
