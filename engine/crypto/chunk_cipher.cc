#include "engine/crypto/chunk_cipher.h"

#include <openssl/evp.h>
#include <sodium.h>

#include <algorithm>

#include "engine/base/c_handle.h"
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

using Mac = std::array<unsigned char, kChunkMacBytes>;

// The block before the message holds the tag and zeros.
constexpr std::size_t kTagBlockBytes = 64;

// A chunk whose message is whole 16-byte blocks is what RFC 8439 makes of [tag block][message]
// with the state's key and nonce; of others libsodium pads the MAC in a way of its own.
bool is_plain_aead(std::size_t message_bytes) {
  return message_bytes > 0 && message_bytes % 16 == 0;
}

// OpenSSL's ChaCha20-Poly1305, which is faster than libsodium's, over one chunk. Its key is wiped
// with it. After a refusal of OpenSSL everything later is refused too.
class ChunkAead {
 public:
  ChunkAead(const StreamState& state, bool encrypt)
      : encrypt_(encrypt), context_(EVP_CIPHER_CTX_new()) {
    good_ = context_ && EVP_CipherInit_ex(context_.get(), EVP_chacha20_poly1305(), nullptr, state.k,
                                          state.nonce, encrypt ? 1 : 0) == 1;
  }

  // `in` and `out` are the same bytes or do not overlap.
  void update(const unsigned char* in, unsigned char* out, std::size_t size) {
    // Encrypting and the MAC are two passes: the second one finds the bytes in the cache.
    constexpr std::size_t kStep = 16 * kKiB;
    for (std::size_t at = 0; at < size && good_; at += kStep) {
      const auto count = static_cast<int>(std::min(kStep, size - at));
      int written = 0;
      good_ = EVP_CipherUpdate(context_.get(), out + at, &written, in + at, count) == 1 &&
              written == count;
    }
  }
  // Fills `mac` when encrypting; else true only when it is the right one.
  [[nodiscard]] bool finish(Mac& mac) {
    int written = 0;
    std::array<unsigned char, kTagBlockBytes> rest{};
    const int control = encrypt_ ? EVP_CTRL_AEAD_GET_TAG : EVP_CTRL_AEAD_SET_TAG;
    const auto exchange_mac = [&] {
      return EVP_CIPHER_CTX_ctrl(context_.get(), control, int{kChunkMacBytes}, mac.data()) == 1;
    };
    if (!encrypt_) good_ = good_ && exchange_mac();
    good_ = good_ && EVP_CipherFinal_ex(context_.get(), rest.data(), &written) == 1;
    if (encrypt_) good_ = good_ && exchange_mac();
    return good_;
  }

 private:
  const bool encrypt_;
  const CHandle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> context_;
  bool good_ = false;
};

// The tag of the chunk when it is authentic. REQUIRES: is_plain_aead(out.size())
std::optional<unsigned char> pull_aead(const StreamState& state, ByteView sealed, ByteSpan out) {
  // Only the first byte of the tag block is stored; the others are the key stream itself.
  std::array<unsigned char, kTagBlockBytes> block{};
  (void)crypto_stream_chacha20_ietf_xor_ic(block.data(), block.data(), block.size(), state.nonce, 1,
                                           state.k);
  const auto tag = static_cast<unsigned char>(block[0] ^ *raw(sealed));
  block[0] = *raw(sealed);
  Mac mac{};
  std::copy_n(raw(sealed.last(kChunkMacBytes)), mac.size(), mac.begin());
  ChunkAead aead(state, /*encrypt=*/false);
  aead.update(block.data(), block.data(), block.size());
  aead.update(raw(sealed.subspan(kChunkTagBytes)), raw(out), out.size());
  const bool good = aead.finish(mac);
  sodium_memzero(block.data(), block.size());
  if (good) return tag;
  wipe(out);  // it was decrypted before it was known to be false
  return std::nullopt;
}

std::optional<unsigned char> pull_sodium(StreamState& state, ByteView sealed, ByteSpan out) {
  unsigned char tag = 0;
  unsigned long long length = 0;
  const int result = crypto_secretstream_xchacha20poly1305_pull(
      &state, raw(out), &length, &tag, raw(sealed), sealed.size(), nullptr, 0);
  if (result != 0 || length != out.size()) return std::nullopt;
  return tag;
}

// What push does for a message tag, in the layout and with the results of libsodium.
void push_aead(StreamState& state, ByteView plain, ByteSpan out) {
  std::array<unsigned char, kTagBlockBytes> block{
      crypto_secretstream_xchacha20poly1305_TAG_MESSAGE};
  Mac mac{};
  ChunkAead aead(state, /*encrypt=*/true);
  aead.update(block.data(), block.data(), block.size());
  aead.update(raw(plain), raw(out.subspan(kChunkTagBytes)), plain.size());
  if (!aead.finish(mac)) {
    throw Error(ErrorKind::kInternal, "sealing a stream", "OpenSSL refused");
  }
  *raw(out) = block[0];
  std::ranges::copy(mac, raw(out.last(kChunkMacBytes)));
  // The next nonce: counter + 1, and the inner nonce XOR the first bytes of the MAC.
  for (std::size_t i = 0; i < std::tuple_size_v<MacChain>; ++i) {
    state.nonce[4 + i] = static_cast<unsigned char>(state.nonce[4 + i] ^ mac[i]);
  }
  sodium_increment(state.nonce, 4);
}

class StreamChunkCipher final : public ChunkCipher {
 public:
  StreamChunkCipher(ByteView key, ByteView header) : start_(initial_state(key, header)) {}

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
    const auto tag =
        is_plain_aead(out.size()) ? pull_aead(state, sealed, out) : pull_sodium(state, sealed, out);
    sodium_memzero(&state, sizeof(state));
    // SecureTar writes MESSAGE and FINAL only; a rekeying tag would make every later position
    // wrong.
    if (tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL) return Opened{true};
    if (tag == crypto_secretstream_xchacha20poly1305_TAG_MESSAGE) return Opened{false};
    if (tag) wipe(out);
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
  return std::make_unique<StreamChunkCipher>(key, header);
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
  if (!final && is_plain_aead(plain.size())) return push_aead(*state_->stream(), plain, out);
  const unsigned char tag = final ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                                  : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
  (void)crypto_secretstream_xchacha20poly1305_push(state_->stream(), raw(out), nullptr, raw(plain),
                                                   plain.size(), nullptr, 0, tag);
}

}  // namespace backshelf
