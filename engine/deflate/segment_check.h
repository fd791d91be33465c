// Whether packed bytes are the segment that a table says they are.
#pragma once

#include "engine/deflate/segment.h"
#include "engine/stream/segment_codec.h"

namespace backshelf {

// Decodes all of it and compares length, CRC and hash. `codec`: whose frame it is; null: deflate.
// Thread-safe. Throws std::bad_alloc.
[[nodiscard]] bool decodes_to(const Segment& segment, ByteView packed, const SegmentCodec* codec);

}  // namespace backshelf
