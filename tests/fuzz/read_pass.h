// Reading what a pass over compressed data hands out, and the same by position.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "engine/stream/source.h"

namespace backshelf {

// All of it, in pieces of the buffer's size. Nullopt: it is a bomb, which only costs time.
inline std::optional<ByteVec> read_pass(Source& pass, ByteVec& buffer) {
  constexpr std::size_t kMaxPlain = 8 * kMiB;
  ByteVec plain;
  for (std::size_t got = pass.read(buffer); got > 0; got = pass.read(buffer)) {
    plain.insert(plain.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(got));
    if (plain.size() > kMaxPlain) return std::nullopt;
  }
  return plain;
}

inline void demand_equal(ByteView read, ByteView plain, std::size_t offset) {
  if (!std::ranges::equal(read, plain.subspan(offset, read.size()))) std::abort();
}

}  // namespace backshelf
