#include "engine/securetar/derive.h"

#include <algorithm>

#include "engine/crypto/hash.h"

namespace backshelf {
namespace {

constexpr int kRounds = 100;
constexpr std::array<std::byte, 16> kPerson = [] {
  std::array<std::byte, 16> person{};
  constexpr std::string_view kText = "SecureTarv3";
  std::transform(kText.begin(), kText.end(), person.begin(),
                 [](char c) { return static_cast<std::byte>(c); });
  return person;
}();

}  // namespace

SecretBytes cbc_key(ByteView password) {
  const SecretBytes digest = sha256_rounds(password, kRounds);
  return SecretBytes(digest.view().first(kAesBlock));
}

AesIv cbc_iv(ByteView key16, ByteView salt16) {
  SecretBytes joined(key16.size() + salt16.size());
  std::copy(key16.begin(), key16.end(), joined.writable().begin());
  std::copy(salt16.begin(), salt16.end(),
            joined.writable().begin() + static_cast<std::ptrdiff_t>(key16.size()));
  const SecretBytes digest = sha256_rounds(joined.view(), kRounds);
  AesIv iv{};
  std::copy_n(digest.view().begin(), iv.size(), iv.begin());
  return iv;
}

SecretBytes v3_root_key(ByteView password, ByteView root_salt) {
  return argon2id(password, root_salt, Argon2Cost{});
}
SecretBytes v3_validation_key(ByteView root_key, ByteView validation_salt) {
  return blake2b_subkey(root_key, validation_salt, kPerson);
}
SecretBytes v3_stream_key(ByteView root_key, ByteView derivation_salt) {
  return blake2b_subkey(root_key, derivation_salt, kPerson);
}

}  // namespace backshelf
