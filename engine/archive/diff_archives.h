// Which files two backups, or two folders of them, do not have alike.
#pragma once

#include <functional>
#include <set>

#include "engine/archive/archive.h"

namespace backshelf {

struct Difference {
  enum class Kind { kAdded, kRemoved, kChanged, kUnread /* no telling: see reason */ };
  Kind kind = Kind::kChanged;
  std::string path;  // below what was compared; a folder's ends in '/'; empty: what was compared
  std::string reason;
};
using OnDifference = std::function<void(const Difference&)>;

struct DiffSide {
  Archive& archive;  // check() came first
  FolderAttr at;     // a folder or a file
  // Paths below `at` that cannot be opened: what lies there is unknown, not removed.
  std::set<std::string> closed;
};

// Files and links, no folders.
struct DiffReport {
  std::uint64_t added = 0, removed = 0, changed = 0, same = 0, unread = 0;
};

// Calls back in the order of paths. By type, size, link target, and then by every byte: equal times
// prove nothing. What is made by us (PROBLEM.txt), and backup.json, which no two backups share, are
// passed over. Throws Error: kIo, kInterrupted.
[[nodiscard]] DiffReport diff_archives(const DiffSide& before, const DiffSide& after,
                                       const OnDifference& on_difference, const OnPass& on_pass,
                                       std::stop_token stop);

}  // namespace backshelf
