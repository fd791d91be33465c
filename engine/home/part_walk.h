// The entries of a part that are to be stored, less every exclude; the one walk behind the backup
// and its estimate.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/unique_fd.h"
#include "engine/disk/file.h"
#include "engine/home/glob.h"
#include "engine/home/home.h"

namespace backshelf {

struct FoundEntry {
  const std::string& tar_path;  // as stored
  const std::string& shown;     // for a person
  const struct stat& status;
  const std::string& link_target;         // of a symlink
  const std::function<UniqueFd()>& open;  // of a regular file; throws Error
  bool is_database = false;               // the recorder's, or its log
};

struct PartWalkCalls {
  std::function<void(const FoundEntry&)> found;
  std::function<void(Skipped)> skipped;
};

// One thread at a time.
class PartWalk {
 public:
  explicit PartWalk(const HomeSourceOptions& options);
  // In the order they are to be stored; sockets are passed over, as Home Assistant does. Throws
  // Error when a tree's root cannot be read, and what the calls throw.
  void run(const HomePart& part, const PartWalkCalls& calls) const;

 private:
  void file(const std::string& path, const PartWalkCalls& calls) const;
  void tree(const HomeTree& tree, const PartWalkCalls& calls) const;
  [[nodiscard]] bool is_left_out(const struct stat& status) const;

  bool database_;
  GlobSet excludes_;
  std::set<std::pair<dev_t, ino_t>> left_out_;
};

}  // namespace backshelf
