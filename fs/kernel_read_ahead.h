// How far the kernel reads ahead on our mount.
#pragma once

#include <string>

namespace backshelf {

// Its default of 128 KiB makes far locations slow. Raises it to 1 MiB. Only root may: anybody
// else's attempt fails without a word. Returns what it is now, in KiB; 0: unknown.
unsigned raise_read_ahead(const std::string& mount_point);

}  // namespace backshelf
