// Chunks sealed here are opened by libsodium's own stream functions, and theirs here: also those
// that OpenSSL handles (whole blocks of 16 bytes), and every change in them is seen.
#include <gtest/gtest.h>
#include <sodium.h>

#include <algorithm>
#include <random>

#include "engine/crypto/chunk_cipher.h"
#include "engine/crypto/hash.h"

namespace backshelf {
namespace {

using StreamState = crypto_secretstream_xchacha20poly1305_state;
constexpr unsigned char kMessage = crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
constexpr unsigned char kFinal = crypto_secretstream_xchacha20poly1305_TAG_FINAL;

// Sizes on both sides of a block, of the tag block and of the steps of OpenSSL; 0 and a whole
// chunk.
constexpr std::size_t kSizes[] = {16,    1,     64,        15,      17,        0, 128, 24,
                                  16384, 16400, (1 << 20), 1 << 20, 1'000'016, 8, 32,  100};

ByteVec noise(std::size_t size, unsigned seed) {
  std::mt19937_64 random(seed);
  ByteVec bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

unsigned char* raw(ByteSpan bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

class ChunkInterop : public ::testing::Test {
 protected:
  ChunkInterop() {
    random_bytes(key_);
    for (const std::size_t size : kSizes) {
      plain_.push_back(noise(size, static_cast<unsigned>(plain_.size()) + 1));
    }
  }

  [[nodiscard]] bool is_last(std::size_t i) const { return i + 1 == plain_.size(); }

  // A stream of all of plain_ by libsodium alone.
  std::vector<ByteVec> push_all() {
    StreamState state;
    (void)crypto_secretstream_xchacha20poly1305_init_push(&state, raw(header_), raw(key_));
    std::vector<ByteVec> sealed;
    for (std::size_t i = 0; i < plain_.size(); ++i) {
      sealed.emplace_back(plain_[i].size() + kChunkOverheadBytes);
      (void)crypto_secretstream_xchacha20poly1305_push(&state, raw(sealed[i]), nullptr,
                                                       raw(plain_[i]), plain_[i].size(), nullptr, 0,
                                                       is_last(i) ? kFinal : kMessage);
    }
    return sealed;
  }

  [[nodiscard]] std::optional<ChunkCipher::Opened> open(std::uint32_t index, const MacChain& before,
                                                        ByteView sealed, ByteSpan out) const {
    return make_chunk_cipher(key_, header_)->open(index, before, sealed, out);
  }

  static MacChain chained(const MacChain& chain, ByteView sealed) {
    return add_mac(chain, sealed.last(kChunkMacBytes).first(chain.size()));
  }

  std::array<std::byte, 32> key_{};
  std::array<std::byte, kStreamHeaderBytes> header_{};
  std::vector<ByteVec> plain_;
};

TEST_F(ChunkInterop, LibsodiumOpensWhatIsSealedHere) {
  ChunkSealer sealer(key_);
  header_ = sealer.header();
  StreamState state;
  ASSERT_EQ(crypto_secretstream_xchacha20poly1305_init_pull(&state, raw(header_), raw(key_)), 0);
  for (std::size_t i = 0; i < plain_.size(); ++i) {
    const std::size_t size = plain_[i].size();
    ByteVec sealed(size + kChunkOverheadBytes);
    // Every second one where it lies.
    std::ranges::copy(plain_[i], sealed.begin() + kChunkTagBytes);
    const ByteView in_place = ByteView(sealed).subspan(kChunkTagBytes, size);
    sealer.seal(i % 2 == 0 ? in_place : ByteView(plain_[i]), is_last(i), sealed);
    ByteVec out(size);
    unsigned char tag = 99;
    ASSERT_EQ(crypto_secretstream_xchacha20poly1305_pull(&state, raw(out), nullptr, &tag,
                                                         raw(sealed), sealed.size(), nullptr, 0),
              0)
        << i;
    EXPECT_EQ(out, plain_[i]) << i;
    EXPECT_EQ(tag, is_last(i) ? kFinal : kMessage) << i;
  }
}

TEST_F(ChunkInterop, WhatLibsodiumSealedOpensHere) {
  const std::vector<ByteVec> sealed = push_all();
  MacChain chain{};
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    ByteVec out(plain_[i].size());
    const auto opened = open(static_cast<std::uint32_t>(i), chain, sealed[i], out);
    ASSERT_TRUE(opened.has_value()) << i;
    EXPECT_EQ(opened->final, is_last(i));
    EXPECT_EQ(out, plain_[i]) << i;
    chain = chained(chain, sealed[i]);
  }
}

TEST_F(ChunkInterop, AFinalChunkOfWholeBlocksOpensBothWays) {
  plain_.resize(1);
  const ByteVec theirs = push_all().front();
  ByteVec out(plain_[0].size());
  const auto opened = open(0, {}, theirs, out);
  ASSERT_TRUE(opened.has_value());
  EXPECT_TRUE(opened->final);
  EXPECT_EQ(out, plain_[0]);
  ChunkSealer sealer(key_);
  header_ = sealer.header();
  ByteVec ours(theirs.size());
  sealer.seal(plain_[0], /*final=*/true, ours);
  const auto back = open(0, {}, ours, out);
  EXPECT_TRUE(back && back->final);
}

// Error paths.

TEST_F(ChunkInterop, NothingOfAChangedChunkIsHandedOut) {
  const std::vector<ByteVec> sealed = push_all();
  std::mt19937_64 random(3);
  MacChain chain{};
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    const std::size_t size = sealed[i].size();
    std::vector<std::size_t> places = {0, 1, size - 17, size - 16, size - 8, size - 1};
    for (int more = 0; more < 10; ++more) places.push_back(random() % size);
    for (const std::size_t place : places) {
      ByteVec changed = sealed[i];
      changed[place] ^= std::byte{1} << (random() % 8);
      ByteVec out(plain_[i].size(), std::byte{0});
      EXPECT_FALSE(open(static_cast<std::uint32_t>(i), chain, changed, out)) << i << " " << place;
      EXPECT_EQ(out, ByteVec(out.size())) << i << " " << place;
    }
    ByteVec out(plain_[i].size());
    EXPECT_FALSE(open(static_cast<std::uint32_t>(i) + 1, chain, sealed[i], out));
    chain = chained(chain, sealed[i]);
  }
}

TEST_F(ChunkInterop, OtherTagsOfLibsodiumAreRefused) {
  for (const std::size_t size : {std::size_t{160}, std::size_t{161}}) {
    constexpr unsigned char kPush = crypto_secretstream_xchacha20poly1305_TAG_PUSH;
    constexpr unsigned char kRekey = crypto_secretstream_xchacha20poly1305_TAG_REKEY;
    for (const unsigned char tag : {kPush, kRekey}) {
      StreamState state;
      (void)crypto_secretstream_xchacha20poly1305_init_push(&state, raw(header_), raw(key_));
      const ByteVec plain(size, std::byte{7});
      ByteVec sealed(size + kChunkOverheadBytes), out(size);
      (void)crypto_secretstream_xchacha20poly1305_push(
          &state, raw(sealed), nullptr, reinterpret_cast<const unsigned char*>(plain.data()), size,
          nullptr, 0, tag);
      EXPECT_FALSE(open(0, {}, sealed, out)) << size;
      EXPECT_EQ(out, ByteVec(size));
    }
  }
}

}  // namespace
}  // namespace backshelf
