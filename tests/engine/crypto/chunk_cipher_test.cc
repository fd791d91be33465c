// Chunks sealed in order and opened in any order; what was changed, cut or moved does not open.
#include "engine/crypto/chunk_cipher.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/crypto/hash.h"

namespace backshelf {
namespace {

class ChunkCipherTest : public ::testing::Test {
 protected:
  // Three chunks, the last one short and final.
  ChunkCipherTest() {
    random_bytes(key_);
    ChunkSealer sealer(key_);
    std::ranges::copy(sealer.header(), header_.begin());
    MacChain chain{};
    for (std::size_t i = 0; i < plain_.size(); ++i) {
      ByteVec sealed(plain_[i].size() + kChunkOverheadBytes);
      sealer.seal(as_bytes(plain_[i]), i + 1 == plain_.size(), sealed);
      before_.push_back(chain);
      chain = add_mac(chain, ByteView(sealed).last(kChunkMacBytes).first(chain.size()));
      sealed_.push_back(std::move(sealed));
    }
  }

  // The text of the chunk, with a mark when it is the final one; nothing when it does not open.
  [[nodiscard]] std::optional<std::string> open(ByteView key, ByteView header, std::uint32_t index,
                                                const MacChain& before, ByteView sealed) const {
    ByteVec out(sealed.size() - kChunkOverheadBytes);
    const auto opened = make_chunk_cipher(key, header)->open(index, before, sealed, out);
    if (!opened) return std::nullopt;
    return concat(as_text(out), opened->final ? "|" : "");
  }
  [[nodiscard]] std::optional<std::string> open(std::uint32_t index) const {
    return open(key_, header_, index, before_[index], sealed_[index]);
  }

  const std::vector<std::string> plain_ = {"first chunk", "second chunk", "end"};
  std::array<std::byte, 32> key_{};
  std::array<std::byte, kStreamHeaderBytes> header_{};
  std::vector<MacChain> before_;
  std::vector<ByteVec> sealed_;
};

TEST_F(ChunkCipherTest, ChunksOpenInAnyOrder) {
  EXPECT_EQ(open(2), "end|");
  EXPECT_EQ(open(0), "first chunk");
  EXPECT_EQ(open(1), "second chunk");
  EXPECT_EQ(open(0), "first chunk");
}

TEST_F(ChunkCipherTest, SealedBytesDoNotShowThePlainOnes) {
  for (std::size_t i = 0; i < sealed_.size(); ++i) {
    EXPECT_EQ(as_text(sealed_[i]).find(plain_[i]), std::string_view::npos);
  }
}

TEST_F(ChunkCipherTest, TwoStreamsOfOneKeyDiffer) {
  ChunkSealer other(key_);
  ByteVec sealed(plain_[0].size() + kChunkOverheadBytes);
  other.seal(as_bytes(plain_[0]), false, sealed);
  EXPECT_NE(to_hex(other.header()), to_hex(header_));
  EXPECT_NE(to_hex(sealed), to_hex(sealed_[0]));
}

TEST_F(ChunkCipherTest, AnEmptyFinalChunkOpens) {
  ChunkSealer sealer(key_);
  ByteVec sealed(kChunkOverheadBytes);
  sealer.seal({}, true, sealed);
  EXPECT_EQ(open(key_, sealer.header(), 0, {}, sealed), "|");
}

TEST_F(ChunkCipherTest, AddMacIsXor) {
  const ByteVec mac = from_hex("00ff01fe02fd03fc");
  EXPECT_EQ(to_hex(add_mac({}, mac)), "00ff01fe02fd03fc");
  EXPECT_EQ(add_mac(add_mac({}, mac), mac), MacChain{});
}

// Error paths.

TEST_F(ChunkCipherTest, AChangedByteAnywhereIsSeen) {
  for (std::size_t at = 0; at < sealed_[1].size(); ++at) {
    ByteVec changed = sealed_[1];
    changed[at] ^= std::byte{1};
    EXPECT_EQ(open(key_, header_, 1, before_[1], changed), std::nullopt) << at;
  }
}

TEST_F(ChunkCipherTest, ACutOrLongerChunkIsSeen) {
  const ByteView whole = sealed_[0];
  EXPECT_EQ(open(key_, header_, 0, before_[0], whole.first(whole.size() - 1)), std::nullopt);
  EXPECT_EQ(open(key_, header_, 0, before_[0], whole.subspan(1)), std::nullopt);
  ByteVec longer = sealed_[0];
  longer.push_back({});
  EXPECT_EQ(open(key_, header_, 0, before_[0], longer), std::nullopt);
}

TEST_F(ChunkCipherTest, AChunkInAnotherPlaceIsSeen) {
  EXPECT_EQ(open(key_, header_, 1, before_[1], sealed_[0]), std::nullopt);
  EXPECT_EQ(open(key_, header_, 0, before_[1], sealed_[1]), std::nullopt);
  EXPECT_EQ(open(key_, header_, 1, before_[0], sealed_[1]), std::nullopt);
  EXPECT_EQ(open(key_, header_, 2, before_[1], sealed_[1]), std::nullopt);
}

TEST_F(ChunkCipherTest, AnotherKeyOrHeaderOpensNothing) {
  auto key = key_;
  key[31] ^= std::byte{1};
  EXPECT_EQ(open(key, header_, 0, {}, sealed_[0]), std::nullopt);
  for (const std::size_t at : {0U, 15U, 16U, 23U}) {  // of the subkey, and of the inner nonce
    auto header = header_;
    header[at] ^= std::byte{1};
    EXPECT_EQ(open(key_, header, 0, {}, sealed_[0]), std::nullopt) << at;
  }
}

}  // namespace
}  // namespace backshelf
