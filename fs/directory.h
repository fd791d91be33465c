// An open folder: its entries by position.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "fs/shelf_tree.h"

namespace backshelf {

struct Listed {
  std::string name;
  std::optional<Node> node;  // absent for "." and "..", which the kernel looks up itself
  std::uint64_t inode = 0;
  std::uint32_t type_mode = 0;  // the type bits of st_mode
  std::uint64_t next = 0;       // position to go on from
};

// Thread-safe.
class Directory {
 public:
  Directory() = default;
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  virtual ~Directory() = default;
  // The first entry at or behind `position`; 0 begins anew. nullopt: no more.
  [[nodiscard]] virtual std::optional<Listed> at(std::uint64_t position) = 0;
  // Whether the kernel may keep the whole listing.
  [[nodiscard]] virtual bool is_cacheable() const = 0;
  // Entries of a folder whose listing never changes; 0: of one that may.
  [[nodiscard]] virtual std::uint32_t fixed_count() const { return 0; }

  // Set when it is opened, before any thread reads: its files are listed without attributes.
  bool names_only = false;
};

// Waits until the listing is complete: a part of one would be a lie. Throws as the archive does.
[[nodiscard]] std::unique_ptr<Directory> open_directory(const ShelfTree& tree, const NodeId& id,
                                                        std::stop_token stop);

}  // namespace backshelf
