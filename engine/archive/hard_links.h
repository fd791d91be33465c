// What hard links say of themselves, where it differs from the file they lead to; part of
// engine/archive.
#pragma once

#include <map>
#include <string>

#include "engine/tree/tree.h"

namespace backshelf {

// The attributes in a hard link's own header.
struct LinkAttributes {
  std::uint32_t mode = 0;
  std::int64_t uid = 0, gid = 0;
  Timestamp mtime;
  bool comes_too_early = false;  // its target stands behind it: no tar reader could have made it
};

class HardLinks {
 public:
  // Every entry, in the order of the tar: a later one of the same path replaces a link.
  void add(const Entry& entry, const BodyLocation& body);
  // Of those that do not say the same as their node of the tree.
  [[nodiscard]] std::map<NodeIndex, LinkAttributes> differing(const Tree& tree) const;

 private:
  struct Seen {
    std::uint64_t header_offset = 0;
    LinkAttributes own;
  };
  std::map<std::string, Seen> seen_;  // by RelPath::text()
};

}  // namespace backshelf
