// What is mounted where, as the kernel tells this process, and what that says of paths.
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

// The mount points at and below a directory, in the text of such a table; `directory` is real.
[[nodiscard]] std::vector<std::string> mount_points_of(std::string_view table,
                                                       std::string_view directory);
// The same of this moment; real paths. Throws Error when the kernel's table cannot be read.
[[nodiscard]] std::vector<std::string> mount_points_in(const std::string& directory);

// Tables of mounts (an fstab too) write white space and backslashes as "\040".
[[nodiscard]] std::string unescape_mount_path(std::string_view field);
// Without links on the way; what does not exist keeps its name as it is. Never throws Error.
[[nodiscard]] std::string path_without_links(const std::string& path);
// The directory that an absolute path lies in; of "/" that itself.
[[nodiscard]] std::string parent_directory(const std::string& path);
// Whether `path` is `directory` or below it; both absolute and real.
[[nodiscard]] bool is_at_or_below(std::string_view path, std::string_view directory);

}  // namespace backshelf
