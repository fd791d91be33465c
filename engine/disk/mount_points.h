// Where other file systems (and bind mounts) hang, as this process sees it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace backshelf {

// Without links on the way; what does not exist keeps its name as it is. Never throws Error.
[[nodiscard]] std::string path_without_links(const std::string& path);
// Whether `path` is `directory` or below it; both absolute and real.
[[nodiscard]] bool is_at_or_below(std::string_view path, std::string_view directory);
// The mount points at and below a directory, real paths. Throws Error when the kernel's table
// cannot be read.
[[nodiscard]] std::vector<std::string> mount_points_in(const std::string& directory);
// The same, by the text of such a table (/proc/self/mountinfo); `directory` is real.
[[nodiscard]] std::vector<std::string> mount_points_of(std::string_view table,
                                                       std::string_view directory);

}  // namespace backshelf
