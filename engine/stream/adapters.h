// Small streams on top of others: a cursor, a slice, memory, and the pump that joins both ends.
#pragma once

#include <memory>

#include "engine/stream/source.h"

namespace backshelf {

// Reads a RandomSource from `offset` on, in order.
class Cursor final : public Source {
 public:
  explicit Cursor(const RandomSource& below, std::uint64_t offset = 0)
      : below_(below), offset_(offset) {}
  [[nodiscard]] std::size_t read(ByteSpan out) override;
  [[nodiscard]] std::uint64_t offset() const { return offset_; }

 private:
  const RandomSource& below_;
  std::uint64_t offset_;
};

// The bytes [offset, offset + size) of another RandomSource; shorter when that one is.
class Slice final : public RandomSource {
 public:
  Slice(std::shared_ptr<const RandomSource> below, std::uint64_t offset, std::uint64_t size);
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const override;

 private:
  std::shared_ptr<const RandomSource> below_;
  std::uint64_t offset_, size_;
};

// At most `limit` bytes of another Source.
class LimitSource final : public Source {
 public:
  LimitSource(Source& below, std::uint64_t limit) : below_(below), left_(limit) {}
  [[nodiscard]] std::size_t read(ByteSpan out) override;

 private:
  Source& below_;
  std::uint64_t left_;
};

class MemorySource final : public RandomSource {
 public:
  explicit MemorySource(ByteVec bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const override;

 private:
  ByteVec bytes_;
};

class MemorySink final : public Sink {
 public:
  void write(ByteView bytes) override;
  [[nodiscard]] const ByteVec& bytes() const { return bytes_; }
  [[nodiscard]] ByteVec take() { return std::move(bytes_); }

 private:
  ByteVec bytes_;
};

// Moves everything, returns the number of bytes.
std::uint64_t pump(Source& from, Sink& to);
// Reads until out is full or the data ends; returns how many.
[[nodiscard]] std::size_t read_full(Source& from, ByteSpan out);
// All bytes of [offset, offset + size); throws Error(kTruncated, what) when there are fewer.
[[nodiscard]] ByteVec read_exactly(const RandomSource& from, std::uint64_t offset, std::size_t size,
                                   const std::string& what);

}  // namespace backshelf
