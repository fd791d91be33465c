// Whether a folder can become the shelf.
#pragma once

#include <string>
#include <vector>

namespace backshelf {

// Makes the path absolute and free of links, and checks it: an existing folder (kNotFound, kUsage)
// that is not a shelf already (kBusy). A dead mount on it is taken away first, with a line on
// stderr.
[[nodiscard]] std::string prepare_mount_point(const std::string& given);

// The absolute, link-free form of a path that exists. Throws Error(kNotFound, …).
[[nodiscard]] std::string real_path(const std::string& path);

// Throws Error(kUsage) when the mount point lies in one of these folders or holds one: the mount
// would cover what it shows, or wait for itself. Folders that do not exist are taken as written.
void refuse_overlap(const std::string& mount_point, const std::vector<std::string>& folders);

}  // namespace backshelf
