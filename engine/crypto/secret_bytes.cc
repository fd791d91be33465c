#include "engine/crypto/secret_bytes.h"

#include <sodium.h>

#include <atomic>
#include <utility>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/guarded.h"
#include "engine/crypto/hash.h"

namespace backshelf {
namespace {

std::atomic<bool> g_some_unlocked = false;

std::byte* locked_memory(std::size_t size) {
  auto* const memory = static_cast<std::byte*>(sodium_malloc(size));
  if (memory == nullptr) {
    throw Error(ErrorKind::kNoSpace, "keeping a key", "there is no memory left for it");
  }
  // sodium_malloc locks as well, but does not say whether it could.
  if (sodium_mlock(memory, size) != 0) g_some_unlocked = true;
  return memory;
}

// Nearly every key has one of two sizes, and an archive brings one of its own: a page for each,
// with its guards, would use up what a process may lock (often 64 KiB or 8 MiB) and have the kernel
// keep thousands of mappings. Slots of one size share guarded pages; those are kept for good.
constexpr std::size_t kSlotBytes = 64, kSlots = 256;

class SlotPool {
 public:
  [[nodiscard]] std::byte* take() {
    if (free_.empty()) add_pages();
    std::byte* const slot = free_.back();
    free_.pop_back();
    return slot;
  }
  void give_back(std::byte* slot) noexcept { free_.push_back(slot); }  // within its capacity

 private:
  void add_pages() {
    free_.reserve(slots_ + kSlots);
    std::byte* const pages = locked_memory(kSlots * kSlotBytes);
    slots_ += kSlots;
    for (std::size_t i = kSlots; i > 0; --i) free_.push_back(pages + (i - 1) * kSlotBytes);
  }

  std::vector<std::byte*> free_;
  std::size_t slots_ = 0;
};

// Never destroyed: a secret in an object of static duration may outlive any other such object.
Guarded<SlotPool>& slot_pool() {
  static auto* const pool = new Guarded<SlotPool>;
  return *pool;
}

void free_secret(std::byte* data, std::size_t size) noexcept {
  if (data == nullptr) return;
  if (size > kSlotBytes) {
    sodium_free(data);
    return;
  }
  sodium_memzero(data, kSlotBytes);
  slot_pool().with([data](SlotPool& pool) { pool.give_back(data); });
}

}  // namespace

bool SecretBytes::some_are_unlocked() {
  return g_some_unlocked;
}

SecretBytes::SecretBytes(std::size_t size) : size_(size) {
  if (size == 0) return;
  ensure_crypto();
  data_ = size > kSlotBytes ? locked_memory(size)
                            : slot_pool().with([](SlotPool& pool) { return pool.take(); });
  sodium_memzero(data_, size);
}

SecretBytes::SecretBytes(ByteView copy_of) : SecretBytes(copy_of.size()) {
  if (!copy_of.empty()) std::memcpy(data_, copy_of.data(), copy_of.size());
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this != &other) {
    free_secret(data_, size_);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

SecretBytes::~SecretBytes() {
  free_secret(data_, size_);
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
