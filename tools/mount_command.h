// `backshelf mount`, and the helper that mount(8) and mount.fuse3 call.
#pragma once

#include <string>
#include <vector>

#include "tools/mount_request.h"

namespace backshelf {

// `words` behind the command's name. Returns the exit code; errors of the daemon are on stderr
// then. Throws Error for wrong words.
[[nodiscard]] int run_mount(const std::vector<std::string>& words, Caller caller);

}  // namespace backshelf
