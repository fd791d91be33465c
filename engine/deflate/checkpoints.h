// Places of a gzip stream where decoding can start again, within a budget of memory.
#pragma once

#include <memory>
#include <vector>

#include "engine/base/bytes.h"

namespace backshelf {

// The plain bytes before a place, kept compressed; wiped when they go.
class SavedWindow {
 public:
  explicit SavedWindow(ByteVec plain);  // at most kWindowBytes
  // As another one kept it. REQUIRES: kept.size() <= plain_bytes <= kWindowBytes
  SavedWindow(ByteVec kept, std::size_t plain_bytes)
      : kept_(std::move(kept)), plain_bytes_(plain_bytes) {}
  ~SavedWindow();
  SavedWindow(const SavedWindow&) = delete;
  SavedWindow& operator=(const SavedWindow&) = delete;
  [[nodiscard]] ByteVec restore() const;
  [[nodiscard]] ByteView kept() const { return kept_; }
  [[nodiscard]] std::size_t plain_bytes() const { return plain_bytes_; }

 private:
  ByteVec kept_;
  std::size_t plain_bytes_;  // == kept_.size(): not compressed
};

struct Checkpoint {
  std::uint64_t plain = 0;   // offset of the next decoded byte
  std::uint64_t packed = 0;  // offset of the next byte to read
  unsigned bits = 0;  // of the byte before `packed` that still belong to what follows (the upper)
  std::shared_ptr<const SavedWindow> window;  // null: a gzip member begins here
};

// What it takes of the budget.
[[nodiscard]] std::uint64_t memory_of(const Checkpoint& checkpoint);

// One thread at a time.
class CheckpointList {
 public:
  CheckpointList(std::uint64_t budget_bytes, std::uint64_t spacing_bytes)
      : budget_(budget_bytes), spacing_(spacing_bytes) {}

  // Whether a place at this plain offset would be far enough from the last one.
  [[nodiscard]] bool due(std::uint64_t plain) const { return plain - last_ >= spacing_; }
  // In ascending order of `plain`.
  void add(Checkpoint checkpoint);
  [[nodiscard]] std::uint64_t spacing() const { return spacing_; }
  [[nodiscard]] std::uint64_t memory_bytes() const { return used_; }
  [[nodiscard]] std::vector<Checkpoint> take() { return std::move(list_); }

 private:
  void thin_out();

  const std::uint64_t budget_;
  std::uint64_t spacing_;
  std::uint64_t last_ = 0;
  std::uint64_t used_ = 0;
  std::vector<Checkpoint> list_;
};

}  // namespace backshelf
