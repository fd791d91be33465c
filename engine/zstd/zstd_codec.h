// Segments as zstd frames: each states its size and ends with a checksum of its content, so that
// all of them joined are a file that `zstd -dc` reads and proves.
#pragma once

#include "engine/stream/segment_codec.h"

namespace backshelf {

// Lives as long as the program, and holds nothing.
[[nodiscard]] const SegmentCodec& zstd_codec();

}  // namespace backshelf
