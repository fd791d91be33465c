// A walk over a directory tree that is being lived in: by descriptors (openat, O_NOFOLLOW), so that
// nobody can lead it outside by swapping a directory for a link, and each failure is told, not
// thrown.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/error.h"
#include "engine/disk/file.h"

namespace backshelf {

// Lent for one call.
struct WalkItem {
  std::string_view path;         // relative to the root, "" for the root itself
  const struct stat& status;     // of the object itself (links are not followed)
  std::string_view link_target;  // of symlinks
  // Of a regular file, when the walk opens them: open for reading, O_NOATIME where allowed, and
  // `status` is what it had then. May be moved from.
  UniqueFd& file;
};

class WalkVisitor {
 public:
  virtual ~WalkVisitor() = default;
  // Asked before a name is looked at or opened, never of the root. Default: all are wanted.
  [[nodiscard]] virtual bool wants(std::string_view path);
  // Return false for a directory to leave out what is below it. Order: names sorted by bytes,
  // directory before content.
  virtual bool visit(WalkItem item) = 0;
  virtual void failed(std::string_view path, const Error& error) = 0;
};

struct WalkOptions {
  bool one_file_system = false;
  bool open_files = false;  // false: they are looked at only, WalkItem::file stays closed
};

// Throws only when the root cannot be opened, and what the visitor throws.
void walk(const std::string& root, WalkOptions options, WalkVisitor& visitor);

}  // namespace backshelf
