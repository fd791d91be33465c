// A walk over a directory tree that is being lived in: by descriptors (openat, O_NOFOLLOW), so that
// nobody can lead it outside by swapping a directory for a link, and each failure is told, not
// thrown.
#pragma once

#include <functional>
#include <string>

#include "engine/base/error.h"
#include "engine/disk/file.h"

namespace backshelf {

struct WalkItem {
  std::string path;         // relative to the root, "" for the root itself
  struct stat status {};    // of the object itself (links are not followed)
  std::string link_target;  // of symlinks
  // Opens a regular file for reading (O_NOFOLLOW, O_NOATIME where allowed, O_NONBLOCK against FIFOs
  // that took its place); throws Error, also when it is no longer the file that was seen.
  std::function<UniqueFd()> open;
};

struct WalkCalls {
  // Return false for a directory to leave out what is below it. Order: names sorted by bytes,
  // directory before content.
  std::function<bool(const WalkItem&)> visit;
  std::function<void(const std::string& path, const Error&)> failed;
};

// Stays on one file system when `one_file_system`. Throws only when the root cannot be opened, and
// what `visit` throws.
void walk(const std::string& root, bool one_file_system, const WalkCalls& calls);

}  // namespace backshelf
