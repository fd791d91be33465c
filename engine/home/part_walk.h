// The entries of a part that are to be stored, less every exclude; the one walk behind the backup
// and its estimate.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/unique_fd.h"
#include "engine/disk/file.h"
#include "engine/home/glob.h"
#include "engine/home/home.h"

namespace backshelf {

// Lent for one call.
struct FoundEntry {
  std::string_view tar_path;  // as stored
  std::string_view shown;     // for a person
  const struct stat& status;
  std::string_view link_target;  // of a symlink
  UniqueFd& file;            // a regular file, open, when the walk opens them; may be moved from
  bool is_database = false;  // the recorder's, or its log
};

struct PartWalkCalls {
  std::function<void(const FoundEntry&)> found;
  std::function<void(Skipped)> skipped;
};

// One thread at a time.
class PartWalk {
 public:
  explicit PartWalk(const HomeSourceOptions& options);
  // In the order they are to be stored; sockets are passed over, as Home Assistant does. With
  // `open_files` each regular file is open and its status is that of then; one that cannot be
  // opened is skipped. Throws Error when a tree's root cannot be read, and what the calls throw.
  void run(const HomePart& part, bool open_files, const PartWalkCalls& calls) const;

 private:
  class TreeVisitor;
  void file(const std::string& path, bool open_files, const PartWalkCalls& calls) const;
  static void made(const MadeFile& made, bool open_files, const PartWalkCalls& calls);

  bool database_;
  GlobSet excludes_;
  std::set<std::pair<dev_t, ino_t>> left_out_;
};

}  // namespace backshelf
