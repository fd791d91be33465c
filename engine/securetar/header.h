// What the first bytes of an inner member say it is. Facts: securetar 2026.4.1 (v2, v3), Supervisor
// 0.90–2024.12 (v1).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/bytes.h"

namespace backshelf {

enum class SealFormat : std::uint8_t {
  kEmpty,        // no byte at all: the stub of an add-on whose backup failed
  kPlainGzip,    // 1f 8b 08
  kPlainZstd,    // 28 b5 2f fd
  kPlainTar,     // "ustar" at 257, or a valid checksum of an old (v7) header
  kV1,           // no magic: 16 bytes of salt, AES-128-CBC; also what random bytes look like
  kV2,           // "SecureTar" 02
  kV3,           // "SecureTar" 03
  kUnsupported,  // "SecureTar" and another version, or reserved bytes that are not zero
};

inline constexpr std::size_t kSniffBytes =
    1024;  // header, then a whole tar block: what a key must open
inline constexpr std::size_t kV1HeaderBytes = 16;
inline constexpr std::size_t kV2HeaderBytes = 48;
inline constexpr std::size_t kV3HeaderBytes = 136;
inline constexpr std::uint64_t kV3ChunkBytes = 1 << 20;  // plaintext per secretstream chunk
inline constexpr std::uint64_t kV3ChunkOverhead = 17;    // tag byte + MAC

// Fields that a format does not have are zero.
struct SealHeader {
  SealFormat format = SealFormat::kEmpty;
  std::uint8_t version = 0;               // the version byte behind the magic, for messages
  bool reserved_zero = true;              // bytes 10 … 15
  std::uint64_t plain_size = 0;           // v2: a hint (0 after a crashed write); v3: authoritative
  std::array<std::byte, 16> salt{};       // v1, v2: feeds the IV
  std::array<std::byte, 16> root_salt{};  // v3 …
  std::array<std::byte, 16> validation_salt{};
  std::array<std::byte, 32> validation_key{};
  std::array<std::byte, 16> derivation_salt{};
  std::array<std::byte, 24> stream_header{};
  bool complete = true;  // false: magic present, but the member ends inside the header
};

// `start`: the first min(kSniffBytes, member size) bytes of a member.
[[nodiscard]] SealHeader sniff(ByteView start);

// Ciphertext sizes for n plaintext bytes: securetar src, one 16-byte padding (v2); 17 bytes per
// started MiB (v3).
[[nodiscard]] constexpr std::uint64_t v3_sealed_size(std::uint64_t n) {
  const std::uint64_t chunks = n == 0 ? 1 : (n - 1) / kV3ChunkBytes + 1;
  return kV3HeaderBytes + n + kV3ChunkOverhead * chunks;
}
[[nodiscard]] constexpr std::uint64_t v2_sealed_size(std::uint64_t n) {
  return kV2HeaderBytes + n + (16 - n % 16);
}
// The n with v3_sealed_size(n) == sealed, if there is one (for HA's stale sizes).
[[nodiscard]] std::optional<std::uint64_t> v3_plain_size(std::uint64_t sealed);

}  // namespace backshelf
