// Whole zstd frames in memory.
#pragma once

#include <optional>
#include <span>

#include "engine/base/bytes.h"

namespace backshelf {

// One frame with its size and a checksum of the content. `level`: 1 … 19.
[[nodiscard]] ByteVec zstd_compress(ByteView plain, int level);
// The same frame of all `pieces` in their order, put behind what `out` holds. Needs no memory for
// the pieces together.
void zstd_append(ByteVec& out, std::span<const ByteView> pieces, int level);
// Nullopt: not exactly one sound frame that states its size, or more than `limit` bytes of content.
[[nodiscard]] std::optional<ByteVec> zstd_decompress(ByteView frame, std::size_t limit);

}  // namespace backshelf
