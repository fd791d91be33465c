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
  std::unique_ptr<UnsealedSource> open(std::size_t chunks, std::size_t final,
                                       const std::optional<TailHint>& hint = {}) {
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
                     make_chunk_cipher(key_, sealer.header()), cache_, hint);
  }
  static void expect_all_right(const UnsealedSource& plain, std::size_t chunks) {
    ByteVec out(1);
    for (std::size_t chunk = chunks; chunk-- > 0;) {
      ASSERT_EQ(plain.read_at(chunk * kV3ChunkBytes, out), 1U);
      EXPECT_EQ(out[0], static_cast<std::byte>(chunk + 1));
    }
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

TEST_F(UnsealedV3Test, AWrongHintCostsTimeOnly) {
  const TailHint wrong{3, {std::byte{1}}};
  const auto hinted = open(5, 4, wrong);
  EXPECT_EQ(hinted->end_state(), UnsealedSource::End::kSound);
  expect_all_right(*hinted, 5);
}

TEST_F(UnsealedV3Test, ARightHintAndTableSpareTheWayThroughAllMacs) {
  struct Counted final : RandomSource {
    explicit Counted(ByteVec bytes) : below(std::move(bytes)) {}
    [[nodiscard]] std::uint64_t size() const override { return below.size(); }
    [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const override {
      ++reads;
      return below.read_at(offset, out);
    }
    MemorySource below;
    mutable std::size_t reads = 0;
  };
  ChunkSealer sealer(key_);
  ByteVec member(kV3HeaderBytes);
  std::vector<MacPrefix> own;
  for (std::size_t i = 0; i < 40; ++i) {
    const std::size_t at = member.size();
    member.resize(at + kV3ChunkBytes + kV3ChunkOverhead);
    sealer.seal(ByteVec(kV3ChunkBytes, static_cast<std::byte>(i + 1)), i == 39,
                ByteSpan(member).subspan(at));
    std::copy_n(member.end() - kChunkMacBytes, 8, own.emplace_back().begin());
  }
  SealHeader header;
  header.format = SealFormat::kV3;
  header.plain_size = 40 * kV3ChunkBytes;
  TailHint hint{38, {}};
  for (std::size_t i = 0; i < 38; ++i) hint.chain = add_mac(hint.chain, own[i]);
  const auto counted = std::make_shared<Counted>(std::move(member));
  const auto plain =
      unseal_v3(counted, header, make_chunk_cipher(key_, sealer.header()), cache_, hint);
  ByteVec out(1);
  // Before anybody knows the table: what opening a member looks at.
  ASSERT_EQ(plain->read_at(0, out), 1U);
  EXPECT_EQ(out[0], std::byte{1});
  plain->believe_macs({own.begin(), own.begin() + 38});
  ASSERT_EQ(plain->read_at(7 * kV3ChunkBytes, out), 1U);
  EXPECT_EQ(out[0], std::byte{8});
  EXPECT_LT(counted->reads, 10U);
  expect_all_right(*plain, 40);
  // A table that is wrong is found out by the first chunk that does not open.
  const auto misled =
      unseal_v3(counted, header, make_chunk_cipher(key_, sealer.header()), cache_, hint);
  misled->believe_macs({MacPrefix{}, MacPrefix{std::byte{9}}});
  EXPECT_EQ(misled->end_state(), UnsealedSource::End::kSound);
  expect_all_right(*misled, 40);
}

}  // namespace
}  // namespace backshelf
