// Renaming without replacing; part of engine/disk only.
#pragma once

#include <string>

namespace backshelf {

// Renames, relative to the open directory; never replaces. Returns 0 or an errno (EEXIST: taken).
// Not synced.
[[nodiscard]] int publish(int directory, const std::string& from, const std::string& to);
// 0 or an errno; a file system that cannot sync a directory counts as synced.
[[nodiscard]] int sync_open_directory(int directory);

}  // namespace backshelf
