// The numbers by which the kernel knows the things on the shelf. They carry all that is needed to
// find the thing again, so nothing is kept per inode and forgetting one costs nothing.
//
//   bits 63-61   60-41      40-35      34-23          22-0
//   view         slot       epoch      member         node      of a backup's content
//   view         slot       0                                   of an archive in locations/
//   view         number                                         of an upload, a fixed file or
//   folder, and of the backup that is being made (twice its id, and one more for its `status`)
//
// The epoch rises when a delete was broken off: the kernel marks a removed folder's inode dead for
// good, so what reappears needs a new node id (and keeps its inode number, which users see).
#pragma once

#include <cstdint>

#include "engine/archive/archive.h"

namespace backshelf {

enum class View : std::uint8_t { kFixed = 0, kBackup = 1, kObject = 2, kUpload = 3, kNew = 4 };

struct NodeId {
  View view = View::kFixed;
  std::uint64_t number = 0;  // kFixed, kUpload, kNew
  std::uint32_t slot = 0;    // kBackup, kObject: of the backup
  std::uint32_t epoch = 0;   // kBackup; only its lowest bits are kept
  FolderId entry;            // kBackup
  friend bool operator==(const NodeId&, const NodeId&) = default;
};

inline constexpr std::uint32_t kMaxSlot = (1U << 20) - 1;
inline constexpr std::uint32_t kEpochs = 1U << 6;
inline constexpr std::uint32_t kMaxMemberSlot = (1U << 12) - 1;
inline constexpr std::uint32_t kMaxTreeNode = (1U << 23) - 1;
inline constexpr std::uint64_t kMaxNumber = (std::uint64_t{1} << 61) - 1;

// Numbers of the fixed things; the root's is FUSE's own. Location i has kFirstLocation + i, and
// its AWAY.txt has kFirstAway + i.
inline constexpr std::uint64_t kRootNumber = 1, kControlNumber = 2, kStatusNumber = 3,
                               kStatusJsonNumber = 4, kLogNumber = 5, kLocationsNumber = 6,
                               kFirstLocation = 16, kFirstAway = std::uint64_t{1} << 32;

[[nodiscard]] constexpr NodeId fixed_node(std::uint64_t number) {
  return {.view = View::kFixed, .number = number, .slot = 0, .epoch = 0, .entry = {}};
}

// The folder of the backup that is being made, and the one file in it.
[[nodiscard]] constexpr NodeId new_node_id(std::uint64_t id) {
  return {.view = View::kNew, .number = 2 * id, .slot = 0, .epoch = 0, .entry = {}};
}
[[nodiscard]] constexpr NodeId new_status_id(std::uint64_t id) {
  return {.view = View::kNew, .number = 2 * id + 1, .slot = 0, .epoch = 0, .entry = {}};
}
// REQUIRES: node.view == View::kNew
[[nodiscard]] constexpr std::uint64_t new_backup_id(const NodeId& node) {
  return node.number / 2;
}
[[nodiscard]] constexpr bool is_new_status(const NodeId& node) {
  return node.number % 2 == 1;
}

// Throws Error(kUnsupported) when a part does not fit: two things must never share a number.
[[nodiscard]] std::uint64_t pack(const NodeId& id);
[[nodiscard]] NodeId unpack(std::uint64_t packed);

// st_ino, below 2^63 and the same in every epoch. `content_key` is FolderAttr's: hard links share
// their number. Throws as pack().
[[nodiscard]] std::uint64_t inode_number(const NodeId& id, std::uint64_t content_key);

}  // namespace backshelf
