// Chunks of libsodium's crypto_secretstream_xchacha20poly1305, opened one by one. The nonce of
// chunk i is LE32(i + 1) || (first nonce XOR the first 8 MAC bytes of every earlier chunk), as long
// as no chunk rekeys (SecureTar never does).
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "engine/crypto/secret_bytes.h"

namespace backshelf {

inline constexpr std::size_t kChunkTagBytes = 1;
inline constexpr std::size_t kChunkMacBytes = 16;
inline constexpr std::size_t kChunkOverheadBytes = kChunkTagBytes + kChunkMacBytes;
inline constexpr std::size_t kStreamHeaderBytes = 24;

// XOR of the first 8 MAC bytes of all chunks before one.
using MacChain = std::array<std::byte, 8>;
[[nodiscard]] MacChain add_mac(MacChain chain, ByteView mac_prefix8);

// Thread-safe.
class ChunkCipher {
 public:
  virtual ~ChunkCipher() = default;
  // Plaintext of `sealed` into `out` when it is authentic as chunk number `index`; nullopt when it
  // is not, and then `out` holds nothing of it. REQUIRES: sealed.size() == out.size() + 17, and
  // they do not overlap
  struct Opened {
    bool final = false;
  };
  [[nodiscard]] virtual std::optional<Opened> open(std::uint32_t index, const MacChain& before,
                                                   ByteView sealed, ByteSpan out) const = 0;
};
// `header`: the 24 bytes before the first chunk. REQUIRES: key.size() == 32
[[nodiscard]] std::unique_ptr<ChunkCipher> make_chunk_cipher(ByteView key, ByteView header);

// The writing side: chunks in order. One thread at a time.
class ChunkSealer {
 public:
  explicit ChunkSealer(ByteView key);
  ~ChunkSealer();
  [[nodiscard]] const std::array<std::byte, kStreamHeaderBytes>& header() const;
  // `plain` may lie where it will be sealed: at out[1]. REQUIRES: out.size() == plain.size() + 17,
  // and nothing after the final chunk
  void seal(ByteView plain, bool final, ByteSpan out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace backshelf
