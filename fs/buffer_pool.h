// Buffers for answers: a new one for each read would be mapped, zeroed by the kernel and unmapped
// again, which costs as much as filling it.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/guarded.h"

namespace backshelf {

// Thread-safe. Outlives its buffers.
class BufferPool {
 public:
  static constexpr std::size_t kBytes = kMiB;  // the most that a kernel asks for at once
  static constexpr std::size_t kKept = 4;      // as many as answer at once on a small machine

  // Room for at least `size` bytes of any content; goes back to the pool by itself.
  class Buffer {
   public:
    Buffer() = default;
    Buffer(BufferPool* pool, std::unique_ptr<std::byte[]> bytes)
        : pool_(pool), bytes_(std::move(bytes)) {}
    Buffer(Buffer&& other) noexcept = default;
    Buffer& operator=(Buffer&& other) noexcept = default;
    ~Buffer() {
      if (bytes_ && pool_ != nullptr) pool_->give_back(std::move(bytes_));
    }
    [[nodiscard]] std::byte* get() const { return bytes_.get(); }

   private:
    BufferPool* pool_ = nullptr;  // null: of an odd size, not kept
    std::unique_ptr<std::byte[]> bytes_;
  };

  BufferPool() {
    kept_.with([](Kept& kept) { kept.reserve(kKept); });
  }
  [[nodiscard]] Buffer take(std::size_t size) {
    if (size <= kSmall || size > kBytes) {
      return {nullptr, std::make_unique_for_overwrite<std::byte[]>(size)};
    }
    auto bytes = kept_.with([](Kept& kept) -> std::unique_ptr<std::byte[]> {
      if (kept.empty()) return nullptr;
      auto last = std::move(kept.back());
      kept.pop_back();
      return last;
    });
    if (!bytes) bytes = std::make_unique_for_overwrite<std::byte[]>(kBytes);
    return {this, std::move(bytes)};
  }

 private:
  static constexpr std::size_t kSmall = 32 * kKiB;  // the heap keeps these
  using Kept = std::vector<std::unique_ptr<std::byte[]>>;

  void give_back(std::unique_ptr<std::byte[]> bytes) {
    kept_.with([&](Kept& kept) {
      if (kept.size() < kKept) kept.push_back(std::move(bytes));
    });
  }

  Guarded<Kept> kept_;
};

}  // namespace backshelf
