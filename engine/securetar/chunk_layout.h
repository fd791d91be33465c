// Where the chunks of a v3 member lie: pure arithmetic.
#pragma once

#include <algorithm>

#include "engine/securetar/header.h"

namespace backshelf {

// Layout of a v3 member of `member_size` bytes whose header promises `plain_size`.
struct ChunkLayout {
  std::uint64_t plain_size = 0;
  std::uint64_t member_size = 0;

  [[nodiscard]] std::uint64_t promised() const {  // chunks there should be
    return plain_size == 0 ? 1 : (plain_size - 1) / kV3ChunkBytes + 1;
  }
  [[nodiscard]] std::uint64_t sealed_offset(std::uint64_t chunk) const {
    return kV3HeaderBytes + chunk * (kV3ChunkBytes + kV3ChunkOverhead);
  }
  [[nodiscard]] std::uint64_t plain_bytes(std::uint64_t chunk) const {
    return std::min(kV3ChunkBytes, plain_size - std::min(plain_size, chunk * kV3ChunkBytes));
  }
  [[nodiscard]] std::uint64_t sealed_bytes(std::uint64_t chunk) const {
    return plain_bytes(chunk) + kV3ChunkOverhead;
  }
  // Chunks that are wholly there.
  [[nodiscard]] std::uint64_t present() const {
    if (member_size < kV3HeaderBytes) return 0;
    const std::uint64_t full = (member_size - kV3HeaderBytes) / (kV3ChunkBytes + kV3ChunkOverhead);
    if (full >= promised()) return promised();
    const bool next_is_whole = sealed_offset(full) + sealed_bytes(full) <= member_size;
    return next_is_whole ? full + 1 : full;
  }
};

}  // namespace backshelf
