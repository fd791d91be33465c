#include "engine/crypto/hash.h"

#include <openssl/evp.h>
#include <sodium.h>

#include "engine/base/error.h"
#include "engine/crypto/raw_bytes.h"

namespace backshelf {
namespace {}  // namespace

void ensure_crypto() {
  // sodium_init is idempotent and safe to call from several threads.
  if (sodium_init() < 0) throw Error(ErrorKind::kInternal, "starting libsodium", "it refused");
}

std::array<std::byte, 20> sha1(ByteView bytes) {
  std::array<std::byte, 20> digest{};
  if (EVP_Digest(bytes.data(), bytes.size(), raw(ByteSpan(digest)), nullptr, EVP_sha1(), nullptr) !=
      1) {
    throw Error(ErrorKind::kInternal, "hashing with SHA-1", "OpenSSL refused");
  }
  return digest;
}

std::array<std::byte, 32> sha256(ByteView bytes) {
  std::array<std::byte, 32> digest{};
  (void)crypto_hash_sha256(raw(ByteSpan(digest)), raw(bytes), bytes.size());
  return digest;
}

std::array<std::byte, 16> blake2b16(ByteView bytes) {
  ensure_crypto();
  std::array<std::byte, 16> digest{};
  (void)crypto_generichash(raw(ByteSpan(digest)), digest.size(), raw(bytes), bytes.size(), nullptr,
                           0);
  return digest;
}

SecretBytes sha256_rounds(ByteView bytes, int rounds) {
  SecretBytes digest(crypto_hash_sha256_BYTES);
  (void)crypto_hash_sha256(raw(digest.writable()), raw(bytes), bytes.size());
  for (int round = 1; round < rounds; ++round) {
    (void)crypto_hash_sha256(raw(digest.writable()), raw(digest.view()), digest.size());
  }
  return digest;
}

SecretBytes blake2b_subkey(ByteView key, ByteView salt, ByteView person) {
  SecretBytes subkey(32);
  if (crypto_generichash_blake2b_salt_personal(raw(subkey.writable()), subkey.size(), nullptr, 0,
                                               raw(key), key.size(), raw(salt), raw(person)) != 0) {
    throw Error(ErrorKind::kInternal, "deriving a key", "BLAKE2b refused");
  }
  return subkey;
}

SecretBytes argon2id(ByteView password, ByteView salt16, const Argon2Cost& cost) {
  ensure_crypto();
  SecretBytes key(32);
  // An empty view may have no address, and the library wants one.
  const char* const text = password.empty() ? "" : reinterpret_cast<const char*>(password.data());
  if (crypto_pwhash(raw(key.writable()), key.size(), text, password.size(), raw(salt16),
                    cost.operations, cost.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw Error(
        ErrorKind::kNoSpace, "deriving a key",
        concat("it needs ", cost.memory_bytes / kMiB, " MiB of memory, which are not there"));
  }
  return key;
}

void random_bytes(ByteSpan out) {
  ensure_crypto();
  randombytes_buf(out.data(), out.size());
}

std::uint32_t random_below(std::uint32_t bound) {
  ensure_crypto();
  return randombytes_uniform(bound);
}

}  // namespace backshelf
