// AES-128-CBC without padding, as SecureTar v1 and v2 use it.
#pragma once

#include <array>
#include <memory>

#include "engine/base/bytes.h"

namespace backshelf {

inline constexpr std::size_t kAesBlock = 16;
using AesIv = std::array<std::byte, kAesBlock>;

// Whole blocks; any position can be decrypted given the ciphertext block before it as `iv`.
// REQUIRES: key.size() == 16, in.size() % 16 == 0, out.size() >= in.size().
void aes_cbc_decrypt(ByteView key, const AesIv& iv, ByteView in, ByteSpan out);

// Encrypts in order; the last block of one call is the IV of the next. One thread at a time.
class AesCbcEncryptor {
 public:
  AesCbcEncryptor(ByteView key, const AesIv& iv);
  ~AesCbcEncryptor();
  void encrypt(ByteView in, ByteSpan out);  // REQUIRES: whole blocks

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace backshelf
