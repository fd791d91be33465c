// What is mounted where, as the kernel tells this process.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backshelf {

struct MountRow {
  std::string device;  // "major:minor"
  std::string type;    // "fuse.backshelf"
};

[[nodiscard]] std::string read_mount_table();  // /proc/self/mountinfo
// The mount at this absolute path in the text of such a table; of several the last, which is the
// one that is seen. nullopt: none.
[[nodiscard]] std::optional<MountRow> mount_at(std::string_view table, std::string_view path);

// Where file systems of this type are mounted.
[[nodiscard]] std::vector<std::string> mounts_of_type(std::string_view table,
                                                      std::string_view type);

// How far the kernel reads ahead on a mount; its default of 128 KiB makes far locations slow.
// Raises it to 1 MiB. Only root may: anybody else's attempt fails without a word. Returns what it
// is now, in KiB; 0: unknown.
unsigned raise_read_ahead(const std::string& mount_point);

}  // namespace backshelf
