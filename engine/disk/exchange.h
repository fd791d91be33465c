// Renames of whole trees for changes that must survive a power loss. Nothing here is synced but by
// sync_file_system(): the caller says when.
#pragma once

#include <sys/stat.h>

#include <string>

#include "engine/disk/tree_writer.h"

namespace backshelf {

// Both paths, which must exist, swap what they name, at once. False, and nothing done: this file
// system cannot. Throws Error (kCrossDevice, kBusy for a mount point, kAccess, kIo …).
[[nodiscard]] bool exchange_paths(const std::string& a, const std::string& b);
// Gives a file or a tree another name on its file system. Throws Error: kExists (nothing is ever
// replaced), kNotFound, kCrossDevice, kBusy for a mount point, kAccess, kIo.
void rename_to_free(const std::string& from, const std::string& to);
// All that was written to the file system of `path` so far is on the disk. Throws Error.
void sync_file_system(const std::string& path);

[[nodiscard]] TreeAttributes attributes_of(const struct stat& status);
// Of a directory, never through a link; the mode with all its bits. Owners are set by root only.
// Throws Error.
void set_directory_attributes(const std::string& path, const TreeAttributes& attributes);

}  // namespace backshelf
