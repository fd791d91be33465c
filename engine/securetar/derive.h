// Keys of SecureTar from what a person types. Facts: securetar 2026.4.1, cipher.py; values checked
// against its vectors.
#pragma once

#include <array>

#include "engine/crypto/aes_cbc.h"
#include "engine/crypto/secret_bytes.h"

namespace backshelf {

// v1, v2: SHA-256 a hundred times over the password, first half. No salt: one key for all archives.
[[nodiscard]] SecretBytes cbc_key(ByteView password);
// v1, v2: SHA-256 a hundred times over key and salt, first half.
[[nodiscard]] AesIv cbc_iv(ByteView key16, ByteView salt16);
// v3: Argon2id (8 passes, 16 MiB) → root key; keyed BLAKE2b of nothing → validation and stream
// keys.
[[nodiscard]] SecretBytes v3_root_key(ByteView password, ByteView root_salt);
[[nodiscard]] SecretBytes v3_validation_key(ByteView root_key, ByteView validation_salt);
[[nodiscard]] SecretBytes v3_stream_key(ByteView root_key, ByteView derivation_salt);

}  // namespace backshelf
