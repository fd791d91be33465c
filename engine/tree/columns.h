// The memory of a tree: vectors indexed by node, texts in one arena, and side tables for what few
// nodes have. About 100 bytes per node beside its name.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/tree/tree.h"

namespace backshelf {

inline constexpr std::uint32_t kNoRow = 0xffffffff;

struct TextRef {
  std::uint32_t offset = 0, bytes = 0;
};

struct Attributes {
  Timestamp mtime;
  std::uint64_t size = 0;
  std::uint32_t owner = 0;      // row of owners
  std::uint32_t body = kNoRow;  // row of bodies, of files
  std::uint32_t extra = kNoRow;
  std::uint16_t mode = 0;
  EntryType type = EntryType::kDirectory;
  bool readable = true;
};

struct BodyRow {
  std::uint64_t header_offset = 0, data_offset = 0, stored_size = 0;
};

// Of symlinks, devices and sparse files.
struct ExtraRow {
  TextRef link;
  std::uint32_t device_major = 0, device_minor = 0;
  std::uint32_t extent_begin = 0, extent_count = 0;
};

struct Columns {
  std::vector<std::uint32_t> parent;  // always smaller than the node's own index, but for the root
  std::vector<TextRef> name;
  std::vector<Attributes> attributes;
  std::vector<NodeIndex> content;

  std::string texts;
  std::vector<std::pair<std::int64_t, std::int64_t>> owners;
  std::vector<BodyRow> bodies;
  std::vector<ExtraRow> extras;
  std::vector<Extent> extents;

  [[nodiscard]] NodeIndex size() const { return static_cast<NodeIndex>(parent.size()); }
  [[nodiscard]] std::string_view text(TextRef ref) const {
    return std::string_view(texts).substr(ref.offset, ref.bytes);
  }
  [[nodiscard]] bool is_directory(NodeIndex index) const {
    return attributes[index].type == EntryType::kDirectory;
  }
};

// Drops the nodes marked, and what lay below them; the others close up in their order. Of several
// names of one content the first one left becomes its `content`.
void leave_out(Columns& columns, const std::vector<bool>& marked);
[[nodiscard]] std::string path_text(const Columns& columns, NodeIndex index);

// REQUIRES: node 0 is the root; parents are directories; no two children of one share a name.
[[nodiscard]] std::shared_ptr<const Tree> make_tree(Columns columns);

}  // namespace backshelf
