// Where file systems are mounted, and where they should be: a directory below which nothing is
// mounted looks like an empty one, and must not be written to.
#pragma once

#include <string>
#include <string_view>

namespace backshelf {

// The directory at or above `path` at which another file system begins, without links; "/" when
// none does. What is mounted within one file system does not count: a service manager does that for
// its services alone, and nobody else sees it. Empty when `path` cannot be reached.
[[nodiscard]] std::string mount_point_of(const std::string& path);
// Whatever is mounted there. False when it is not there.
[[nodiscard]] bool is_mount_point(const std::string& path);
// The nearest mount point at or above `path` that the text of an fstab names, but "/"; empty: none.
[[nodiscard]] std::string listed_mount_point(std::string_view fstab, const std::string& path);

}  // namespace backshelf
