// Hashes, key derivation and randomness: thin names over libsodium and OpenSSL.
#pragma once

#include <array>

#include "engine/crypto/secret_bytes.h"

namespace backshelf {

// Must run once before anything of this room is used; every function here calls it. Throws
// Error(kInternal).
void ensure_crypto();

[[nodiscard]] std::array<std::byte, 20> sha1(ByteView bytes);  // slugs only, never security
[[nodiscard]] std::array<std::byte, 32> sha256(ByteView bytes);
[[nodiscard]] std::array<std::byte, 16> blake2b16(ByteView bytes);  // BLAKE2b-128, no key
// Into locked memory: bytes hashed `rounds` times over. REQUIRES: rounds > 0
[[nodiscard]] SecretBytes sha256_rounds(ByteView bytes, int rounds);
// Keyed BLAKE2b-256 of the empty message with salt and personalisation (both 16 bytes): SecureTar
// v3's subkeys.
[[nodiscard]] SecretBytes blake2b_subkey(ByteView key, ByteView salt, ByteView person);
// Argon2id v1.3 to 32 bytes.
struct Argon2Cost {
  unsigned long long operations = 8;
  std::size_t memory_bytes = 16 * kMiB;
};
[[nodiscard]] SecretBytes argon2id(ByteView password, ByteView salt16, const Argon2Cost& cost);
void random_bytes(ByteSpan out);
// Uniform in [0, bound).
[[nodiscard]] std::uint32_t random_below(std::uint32_t bound);

}  // namespace backshelf
