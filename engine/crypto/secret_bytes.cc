#include "engine/crypto/secret_bytes.h"

#include <sodium.h>

#include <atomic>
#include <utility>

#include "engine/base/error.h"
#include "engine/crypto/hash.h"

namespace backshelf {
namespace {

std::atomic<bool> g_some_unlocked = false;

}  // namespace

bool SecretBytes::some_are_unlocked() {
  return g_some_unlocked;
}

SecretBytes::SecretBytes(std::size_t size) : size_(size) {
  if (size == 0) return;
  ensure_crypto();
  data_ = static_cast<std::byte*>(sodium_malloc(size));
  if (data_ == nullptr) {
    throw Error(ErrorKind::kNoSpace, "keeping a key", "there is no memory left for it");
  }
  // sodium_malloc locks as well, but does not say whether it could.
  if (sodium_mlock(data_, size) != 0) g_some_unlocked = true;
  sodium_memzero(data_, size);
}

SecretBytes::SecretBytes(ByteView copy_of) : SecretBytes(copy_of.size()) {
  if (!copy_of.empty()) std::memcpy(data_, copy_of.data(), copy_of.size());
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this != &other) {
    sodium_free(data_);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

SecretBytes::~SecretBytes() {
  sodium_free(data_);
}

SecretBytes SecretBytes::clone() const {
  return SecretBytes(view());
}

bool SecretBytes::equals(ByteView other) const {
  return other.size() == size_ && (size_ == 0 || sodium_memcmp(data_, other.data(), size_) == 0);
}

void wipe(ByteSpan bytes) {
  if (!bytes.empty()) sodium_memzero(bytes.data(), bytes.size());
}

}  // namespace backshelf
