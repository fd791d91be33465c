// Compressed bytes in order, buffered, with their position known to the byte.
#pragma once

#include "engine/stream/source.h"

namespace backshelf {

// One thread at a time. Errors of the source pass through; the position is then unchanged.
class PackedInput {
 public:
  PackedInput(const RandomSource& packed, std::uint64_t offset)
      : packed_(packed), offset_(offset) {}

  // What is buffered, perhaps nothing.
  [[nodiscard]] ByteView buffered() const { return rest_; }
  // What is buffered, read first if that is nothing; empty only at the end of data.
  [[nodiscard]] ByteView peek();
  void skip(std::size_t count);       // REQUIRES: count <= buffered().size()
  void give_back(std::size_t count);  // REQUIRES: so many were skipped
  void seek(std::uint64_t offset);
  // Moves up to out.size() bytes; fewer only at the end of data.
  [[nodiscard]] std::size_t take(ByteSpan out);
  [[nodiscard]] std::uint64_t offset() const { return offset_; }

 private:
  const RandomSource& packed_;
  std::uint64_t offset_;  // of the first byte of rest_
  ByteVec buffer_;
  ByteView rest_;
};

}  // namespace backshelf
