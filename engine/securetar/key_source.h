// Where keys come from, as the archive sees it. Implemented by engine/keys, by fakes in tests.
#pragma once

#include <array>
#include <memory>

#include "engine/crypto/secret_bytes.h"
#include "engine/securetar/header.h"

namespace backshelf {

// What opens one member. Immutable, shared between readers.
struct OpenedKey {
  SecretBytes key;                 // v3: 32-byte stream key; v1, v2: 16-byte AES key
  std::array<std::byte, 16> iv{};  // v1, v2
};

// What seals the members of one new archive (one Argon2id run for all of them).
struct SealKey {
  int version = 3;     // 2 or 3
  SecretBytes secret;  // v3: 32-byte root key; v2: 16-byte AES key
  std::array<std::byte, 16> root_salt{}, validation_salt{};  // v3
  std::array<std::byte, 32> validation_key{};                // v3
};

// Thread-safe.
class KeySource {
 public:
  virtual ~KeySource() = default;
  // The key that opens this member; keys already found for the same root salt are tried first.
  // `start`: the first min(kSniffBytes, size) bytes of the member, header included: v1 and v2 have
  // no key check, so a key counts as right when it turns them into gzip or tar. Throws Error:
  // kNeedsKey (no key at all), kWrongKey (none fits), kUnsupported. REQUIRES: format is kV1, kV2 or
  // kV3.
  [[nodiscard]] virtual std::shared_ptr<const OpenedKey> open(const SealHeader& header,
                                                              ByteView start) = 0;
  // The key that new archives are sealed with (the first of the key file). Throws Error(kNeedsKey).
  [[nodiscard]] virtual std::shared_ptr<const SealKey> seal_key(int version) = 0;
  // The key that opens this member, for sealing others; of a source with one key that one. Throws
  // what open() throws.
  [[nodiscard]] virtual std::shared_ptr<const SealKey> seal_key_like(const SealHeader& /*header*/,
                                                                     ByteView /*start*/,
                                                                     int version) {
    return seal_key(version);
  }
};

}  // namespace backshelf
