// A small file of a backup as a whole: what others tell of themselves in it.
#pragma once

#include "engine/archive/archive.h"

namespace backshelf {

// nullopt: absent, larger than `limit` bytes, or not readable (key, damage). REQUIRES:
// archive.check(). Throws Error: kIo, kInterrupted.
[[nodiscard]] std::optional<ByteVec> find_small_file(Archive& archive, std::string_view path,
                                                     std::size_t limit, std::stop_token stop = {});

}  // namespace backshelf
