// Writes a tree of entries below one directory and never outside it: every step goes by descriptor
// (openat, O_NOFOLLOW), so a symlink inside the tree, stored or planted, leads nowhere.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
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

// A directory of the tree, open. Immutable: several threads may write files into it.
struct TreeFolder {
  UniqueFd fd;
  RelPath path;
  bool is_new = false;           // made by this writer: nothing else was in it
  bool gives_our_group = false;  // what is made in it belongs to this process's group
};
using TreeFolderPtr = std::shared_ptr<const TreeFolder>;

// One thread at a time, but for the add_file that takes a folder. Every call throws Error; what it
// was about to make then does not exist.
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
  TreeFolderPtr add_directory(const RelPath& path, const TreeAttributes& attributes);
  // The directory of a path, for add_file; made with its parents when it is missing.
  [[nodiscard]] TreeFolderPtr folder(const RelPath& path);
  // `fill` writes the content into a temporary file, which gets its name only when `fill` returned.
  void add_file(const RelPath& path, const TreeAttributes& attributes,
                const std::function<void(Sink&)>& fill);
  // The same, from any thread, also from several at once. `name`: one component.
  void add_file(const TreeFolder& folder, const std::string& name, const TreeAttributes& attributes,
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
  [[nodiscard]] TreeFolderPtr open_directory(const RelPath& path, bool make) const;
  void refuse_existing(const TreeFolder& folder, const std::string& name) const;
  void publish(const TreeFolder& folder, const std::string& temporary, const std::string& name);
  [[nodiscard]] std::string next_temporary();

  const Options options_;
  const std::string root_name_;
  const std::int64_t uid_, gid_;  // of what this process makes
  UniqueFd root_;
  TreeFolderPtr parent_;  // of the entry written last; a tree comes in order
  std::atomic<std::uint64_t> temporaries_ = 0;
  std::vector<LaterDirectory> directories_;
};

}  // namespace backshelf
