// A file that lies in memory alone: for what is read as a file and must not be written to a disk.
#pragma once

#include <string_view>

#include "engine/base/unique_fd.h"

namespace backshelf {

// A regular file without a name that holds `text`, at its start. Throws Error: kIo, kNoSpace.
[[nodiscard]] UniqueFd memory_file(std::string_view text);

}  // namespace backshelf
