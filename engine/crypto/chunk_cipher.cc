#include "engine/crypto/chunk_cipher.h"

#include <sodium.h>

#include "engine/base/error.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/raw_bytes.h"

namespace backshelf {
namespace {

using StreamState = crypto_secretstream_xchacha20poly1305_state;

SecretBytes initial_state(ByteView key, ByteView header) {
  ensure_crypto();
  SecretBytes memory(sizeof(StreamState));
  auto* const state = reinterpret_cast<StreamState*>(memory.writable().data());
  if (crypto_secretstream_xchacha20poly1305_init_pull(state, raw(header), raw(key)) != 0) {
    throw Error(ErrorKind::kDamaged, "opening a sealed stream", "its header is invalid");
  }
  return memory;
}

class SodiumChunkCipher final : public ChunkCipher {
 public:
  SodiumChunkCipher(ByteView key, ByteView header) : start_(initial_state(key, header)) {}

  [[nodiscard]] std::optional<Opened> open(std::uint32_t index, const MacChain& before,
                                           ByteView sealed, ByteSpan out) const override {
    StreamState state;
    std::memcpy(&state, start_.view().data(), sizeof(state));
    // Layout of the public struct: 4 bytes of counter (LE, starts at 1), then the 8-byte inner
    // nonce.
    store_le32(std::as_writable_bytes(std::span(state.nonce)), index + 1);
    for (std::size_t i = 0; i < before.size(); ++i) {
      state.nonce[4 + i] =
          static_cast<unsigned char>(state.nonce[4 + i] ^ std::to_integer<unsigned>(before[i]));
    }
    unsigned char tag = 0;
    unsigned long long length = 0;
    const int result = crypto_secretstream_xchacha20poly1305_pull(
        &state, raw(out), &length, &tag, raw(sealed), sealed.size(), nullptr, 0);
    sodium_memzero(&state, sizeof(state));
    if (result != 0 || length != out.size()) return std::nullopt;
    // SecureTar writes MESSAGE and FINAL only; a rekeying tag would make every later position
    // wrong.
    if (tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL) return Opened{true};
    if (tag == crypto_secretstream_xchacha20poly1305_TAG_MESSAGE) return Opened{false};
    return std::nullopt;
  }

 private:
  const SecretBytes start_;
};

}  // namespace

MacChain add_mac(MacChain chain, ByteView mac_prefix8) {
  for (std::size_t i = 0; i < chain.size(); ++i) chain[i] ^= mac_prefix8[i];
  return chain;
}

std::unique_ptr<ChunkCipher> make_chunk_cipher(ByteView key, ByteView header) {
  return std::make_unique<SodiumChunkCipher>(key, header);
}

struct ChunkSealer::State {
  SecretBytes memory{sizeof(StreamState)};
  std::array<std::byte, kStreamHeaderBytes> header{};
  StreamState* stream() { return reinterpret_cast<StreamState*>(memory.writable().data()); }
};

ChunkSealer::ChunkSealer(ByteView key) : state_(std::make_unique<State>()) {
  (void)crypto_secretstream_xchacha20poly1305_init_push(state_->stream(),
                                                        raw(ByteSpan(state_->header)), raw(key));
}
ChunkSealer::~ChunkSealer() = default;

const std::array<std::byte, kStreamHeaderBytes>& ChunkSealer::header() const {
  return state_->header;
}

void ChunkSealer::seal(ByteView plain, bool final, ByteSpan out) {
  const unsigned char tag = final ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                                  : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
  (void)crypto_secretstream_xchacha20poly1305_push(state_->stream(), raw(out), nullptr, raw(plain),
                                                   plain.size(), nullptr, 0, tag);
}

}  // namespace backshelf
