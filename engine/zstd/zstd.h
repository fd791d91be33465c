// Whole zstd frames in memory.
#pragma once

#include <optional>

#include "engine/base/bytes.h"

namespace backshelf {

// One frame with its size and a checksum of the content. `level`: 1 … 19.
[[nodiscard]] ByteVec zstd_compress(ByteView plain, int level);
// Nullopt: not exactly one sound frame that states its size, or more than `limit` bytes of content.
[[nodiscard]] std::optional<ByteVec> zstd_decompress(ByteView frame, std::size_t limit);

}  // namespace backshelf
