// While a tree is built: from a directory and a name to the child of that name.
#pragma once

#include <string_view>
#include <vector>

#include "engine/tree/columns.h"

namespace backshelf {

// One thread at a time. Names stay in the columns; the table holds 8 to 16 bytes per node. The hash
// has a random key, so that the names of a hostile archive cannot be chosen to collide.
class ChildTable {
 public:
  explicit ChildTable(const Columns& columns);
  // kNoRow: none.
  [[nodiscard]] NodeIndex find(NodeIndex parent, std::string_view name) const;
  // The same, and where a node of that parent and name belongs.
  struct Place {
    NodeIndex node = kNoRow;  // that is there now
    std::size_t slot = 0;
  };
  [[nodiscard]] Place look(NodeIndex parent, std::string_view name);
  // Makes the node (already in the columns) the child of its parent and name, instead of any other.
  // REQUIRES: `place` is what look() said of these, and nothing was put since.
  void put(const Place& place, NodeIndex node);

 private:
  [[nodiscard]] std::size_t slot_of(NodeIndex parent, std::string_view name) const;
  void grow();

  const Columns& columns_;
  const std::uint64_t key_;
  std::vector<NodeIndex> slots_;  // a power of two of them
  std::size_t used_ = 0;
};

}  // namespace backshelf
