// Renaming without replacing; part of engine/disk only.
#pragma once

#include <string>

namespace backshelf {

// Renames, relative to the open directory; never replaces. Returns 0 or an errno (EEXIST: taken).
// Not synced.
[[nodiscard]] int publish(int directory, const std::string& from, const std::string& to);
// The same where the file system has no such rename: by a second name, or, where there are none of
// those, by an empty file of ours that holds the name and is all that can be replaced.
[[nodiscard]] int publish_by_link(int directory, const std::string& from, const std::string& to);
[[nodiscard]] int publish_by_placeholder(int directory, const std::string& from,
                                         const std::string& to);
// 0 or an errno; a file system that cannot sync a directory counts as synced.
[[nodiscard]] int sync_open_directory(int directory);

}  // namespace backshelf
