// Writes a tree of entries below one directory and never outside it: every step goes by descriptor
// (openat, O_NOFOLLOW), so a symlink inside the tree, stored or planted, leads nowhere.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/base/entry.h"
#include "engine/base/rel_path.h"
#include "engine/base/unique_fd.h"
#include "engine/stream/source.h"

namespace backshelf {

// What a written entry gets besides its content. setuid, setgid and sticky are never set.
struct TreeAttributes {
  std::uint32_t mode = 0;
  std::int64_t uid = 0, gid = 0;
  Timestamp mtime;
};

// One thread at a time. Every call throws Error; what it was about to make then does not exist.
class TreeWriter {
 public:
  struct Options {
    bool overwrite = false;  // replace files and links; a directory is never replaced
    bool owners = false;     // set uid and gid (root only)
  };

  // The root is made when absent (its parent must exist).
  TreeWriter(const std::string& root, Options options);

  // Makes the directory and missing parents; existing ones are kept. Its attributes are set by
  // finish(), because writing into it changes its times and a mode without 'w' would forbid it.
  void add_directory(const RelPath& path, const TreeAttributes& attributes);
  // `fill` writes the content into a temporary file, which gets its name only when `fill` returned.
  void add_file(const RelPath& path, const TreeAttributes& attributes,
                const std::function<void(Sink&)>& fill);
  void add_symlink(const RelPath& path, const std::string& target,
                   const TreeAttributes& attributes);
  void add_fifo(const RelPath& path, const TreeAttributes& attributes);
  // REQUIRES: `existing` was written by add_file of this object.
  void add_hard_link(const RelPath& path, const RelPath& existing);
  void finish();  // attributes of the directories, deepest first; exactly once

 private:
  struct LaterDirectory {
    RelPath path;
    TreeAttributes attributes;
  };
  [[nodiscard]] int parent_of(const RelPath& path);
  [[nodiscard]] UniqueFd open_directory(const RelPath& path, bool make);
  void refuse_existing(int parent, const RelPath& path) const;
  void publish(int parent, const std::string& temporary, const RelPath& path);
  [[nodiscard]] std::string next_temporary();

  Options options_;
  std::string root_name_;
  UniqueFd root_;
  UniqueFd parent_;  // of the entry written last; a tree comes in order
  RelPath parent_path_;
  bool parent_known_ = false;
  std::uint64_t temporaries_ = 0;
  std::vector<LaterDirectory> directories_;
};

}  // namespace backshelf
