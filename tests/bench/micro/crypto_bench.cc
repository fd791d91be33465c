// Chunks of SecureTar v3 sealed and opened, beside libsodium's and OpenSSL's own functions.
#include <openssl/evp.h>
#include <sodium.h>

#include <array>

#include "engine/base/c_handle.h"
#include "engine/crypto/chunk_cipher.h"
#include "engine/crypto/hash.h"
#include "tests/bench/micro/bench_data.h"

namespace backshelf::bench {
namespace {

using StreamState = crypto_secretstream_xchacha20poly1305_state;

const unsigned char* raw(const auto& bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* raw(auto& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

void seal_chunk(benchmark::State& state) {
  const std::array<std::byte, 32> key{};
  ChunkSealer sealer(key);
  ByteVec sealed = noise(kMiB + kChunkOverheadBytes);
  const ByteView plain = ByteView(sealed).subspan(kChunkTagBytes, kMiB);
  for (auto _ : state) sealer.seal(plain, /*final=*/false, sealed);
  count_bytes(state, kMiB);
}
BENCHMARK(seal_chunk);

void open_chunk(benchmark::State& state) {
  const std::array<std::byte, 32> key{};
  ChunkSealer sealer(key);
  const ByteVec plain = noise(kMiB);
  ByteVec sealed(kMiB + kChunkOverheadBytes), out(kMiB);
  sealer.seal(plain, /*final=*/false, sealed);
  const auto cipher = make_chunk_cipher(key, sealer.header());
  for (auto _ : state) {
    if (!cipher->open(0, {}, sealed, out)) state.SkipWithError("it does not open");
  }
  count_bytes(state, kMiB);
}
BENCHMARK(open_chunk);

void raw_libsodium_push(benchmark::State& state) {
  std::array<unsigned char, 32> key{};
  std::array<unsigned char, 24> header{};
  StreamState stream;
  (void)crypto_secretstream_xchacha20poly1305_init_push(&stream, header.data(), key.data());
  const ByteVec plain = noise(kMiB);
  ByteVec sealed(kMiB + kChunkOverheadBytes);
  for (auto _ : state) {
    (void)crypto_secretstream_xchacha20poly1305_push(&stream, raw(sealed), nullptr, raw(plain),
                                                     plain.size(), nullptr, 0, 0);
  }
  count_bytes(state, kMiB);
}
BENCHMARK(raw_libsodium_push);

void raw_libsodium_pull(benchmark::State& state) {
  std::array<unsigned char, 32> key{};
  std::array<unsigned char, 24> header{};
  StreamState stream;
  (void)crypto_secretstream_xchacha20poly1305_init_push(&stream, header.data(), key.data());
  const ByteVec plain = noise(kMiB);
  ByteVec sealed(kMiB + kChunkOverheadBytes), out(kMiB);
  (void)crypto_secretstream_xchacha20poly1305_push(&stream, raw(sealed), nullptr, raw(plain),
                                                   plain.size(), nullptr, 0, 0);
  for (auto _ : state) {
    (void)crypto_secretstream_xchacha20poly1305_init_pull(&stream, header.data(), key.data());
    const int result = crypto_secretstream_xchacha20poly1305_pull(
        &stream, raw(out), nullptr, nullptr, raw(sealed), sealed.size(), nullptr, 0);
    if (result != 0) state.SkipWithError("it does not open");
  }
  count_bytes(state, kMiB);
}
BENCHMARK(raw_libsodium_pull);

void raw_openssl_encrypt(benchmark::State& state) {
  constexpr std::size_t kStep = 16 * kKiB;
  const std::array<unsigned char, 32> key{};
  const std::array<unsigned char, 12> nonce{};
  const CHandle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> context(EVP_CIPHER_CTX_new());
  const ByteVec plain = noise(kMiB);
  ByteVec out(kMiB);
  for (auto _ : state) {
    (void)EVP_EncryptInit_ex(context.get(), EVP_chacha20_poly1305(), nullptr, key.data(),
                             nonce.data());
    int written = 0;
    for (std::size_t at = 0; at < kMiB; at += kStep) {
      (void)EVP_EncryptUpdate(context.get(), raw(out) + at, &written, raw(plain) + at,
                              static_cast<int>(kStep));
    }
    (void)EVP_EncryptFinal_ex(context.get(), raw(out), &written);
  }
  count_bytes(state, kMiB);
}
BENCHMARK(raw_openssl_encrypt);

void blake2b(benchmark::State& state) {
  const ByteVec plain = noise(kMiB);
  for (auto _ : state) benchmark::DoNotOptimize(blake2b16(plain));
  count_bytes(state, kMiB);
}
BENCHMARK(blake2b);

}  // namespace
}  // namespace backshelf::bench
