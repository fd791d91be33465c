// Whether packed bytes are the segment that a table says they are.
#pragma once

#include "engine/deflate/segment.h"

namespace backshelf {

// Decodes all of it and compares length, CRC and hash. Thread-safe. Throws std::bad_alloc.
[[nodiscard]] bool decodes_to(const Segment& segment, ByteView packed);

}  // namespace backshelf
