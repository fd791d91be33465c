// What the library's calls return. Part of engine/zstd only.
#pragma once

#include <zstd.h>

#include "engine/base/error.h"

namespace backshelf {

// Throws Error(kInternal) when compressing failed.
inline void check_zstd(std::size_t result) {
  if (ZSTD_isError(result) == 0) return;
  throw Error(ErrorKind::kInternal, "compress", ZSTD_getErrorName(result),
              "report this; nothing was stored");
}

}  // namespace backshelf
