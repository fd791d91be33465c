// Key material in locked memory.
#pragma once

#include <cstddef>
#include <memory>

#include "engine/base/bytes.h"

namespace backshelf {

// Bytes in guarded memory (libsodium sodium_malloc), locked as far as the process may lock memory,
// wiped when freed; short ones share their pages. Moves, never copies, never prints. One thread at
// a time for each; different ones in any threads.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t size);  // zeros; throws Error(kNoSpace) when there is no memory
  explicit SecretBytes(ByteView copy_of);
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  ~SecretBytes();

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] ByteView view() const { return {data_, size_}; }
  [[nodiscard]] ByteSpan writable() { return {data_, size_}; }
  [[nodiscard]] SecretBytes clone() const;
  // Constant time for equal sizes.
  [[nodiscard]] bool equals(ByteView other) const;
  // Whether some of them could not be locked in this process, and so may be swapped out.
  [[nodiscard]] static bool some_are_unlocked();

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// Wipes memory that held plaintext or a key and was not SecretBytes.
void wipe(ByteSpan bytes);

}  // namespace backshelf
