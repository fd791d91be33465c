// Bytes without a pattern in their values, told without compressing them. Part of engine/deflate
// only.
#pragma once

#include "engine/base/bytes.h"

namespace backshelf {

// True when all of a few samples are spread over the 256 values as evenly as random bytes: media,
// archives, encrypted files. Repetitions are not seen: only compressing tells them.
[[nodiscard]] bool looks_like_noise(ByteView bytes);

}  // namespace backshelf
