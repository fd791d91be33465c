// The entries of one inner tar as an immutable tree: columns, no heap per node, looked up by name.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/entry.h"
#include "engine/base/rel_path.h"
#include "engine/stream/source.h"

namespace backshelf {

using NodeIndex = std::uint32_t;  // 0 is the root; stable for the life of the archive's bytes
                                  // (order of the tar decides)
inline constexpr NodeIndex kRootNode = 0;

// A view of one node; its texts live as long as the Tree.
struct NodeView {
  NodeIndex index = 0, parent = 0;
  std::string_view name;              // raw bytes, one component; empty for the root
  EntryType type = EntryType::kFile;  // never kHardlink: a hard link is the node it points to,
                                      // under its own name
  std::uint32_t mode = 0;
  std::int64_t uid = 0, gid = 0;
  Timestamp mtime;
  std::uint64_t size = 0;
  std::string_view link_target;
  std::uint32_t device_major = 0, device_minor = 0;
  std::uint32_t link_count =
      1;                  // names of this content in the archive (directories: 2 + subdirectories)
  NodeIndex content = 0;  // the node whose content this is: equal for all hard links of one file
  bool readable = true;   // false: content lost (dangling hard link, body cut): EIO
};

// Immutable; thread-safe.
class Tree {
 public:
  virtual ~Tree() = default;
  [[nodiscard]] virtual NodeIndex size() const = 0;  // number of nodes
  [[nodiscard]] virtual NodeView node(NodeIndex index) const = 0;
  [[nodiscard]] virtual std::optional<NodeIndex> find_child(NodeIndex directory,
                                                            std::string_view name) const = 0;
  [[nodiscard]] virtual std::optional<NodeIndex> find(
      const RelPath& path) const = 0;  // follows no symlink
  // Children in the order of their names' bytes: a contiguous, indexable list.
  [[nodiscard]] virtual std::uint32_t child_count(NodeIndex directory) const = 0;
  [[nodiscard]] virtual NodeIndex child(NodeIndex directory, std::uint32_t position) const = 0;
  [[nodiscard]] virtual RelPath path(NodeIndex index) const = 0;
  // Where the content lies; of kFile only. Extents empty unless sparse.
  [[nodiscard]] virtual BodyLocation body(NodeIndex index) const = 0;
  [[nodiscard]] virtual std::uint64_t memory_bytes() const = 0;
};

// Takes entries in tar order. Rules: a later entry of the same path replaces an earlier one;
// missing parents are made (0755, no owner); a path that is no RelPath, or that runs through
// something that is no directory, is left out and noted; "" and "." set the root's own attributes;
// a leading '/' is dropped, as HA's extraction does.
class TreeBuilder {
 public:
  TreeBuilder();
  ~TreeBuilder();
  void add(const Entry& entry, const BodyLocation& body);
  struct Built {
    std::shared_ptr<const Tree> tree;
    std::vector<std::string> left_out;  // "PATH: why", at most kMaxNotes of them
  };
  static constexpr std::size_t kMaxNotes = 100;
  [[nodiscard]] Built build();  // exactly once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The content of a file by position: the tar's bytes through its extents, holes as zeros. An
// incomplete body throws kTruncated where its bytes end.
[[nodiscard]] std::size_t read_body(const RandomSource& tar, const BodyLocation& body,
                                    std::uint64_t size, std::uint64_t offset,
                                    std::span<std::byte> out);

}  // namespace backshelf
