// Whether a folder can become the shelf.
#pragma once

#include <string>
#include <vector>

namespace backshelf {

// Makes the path absolute and free of links, and checks it: an existing folder (kNotFound, kUsage)
// that is not a shelf already (kBusy). A mount whose daemon died is no error, and stays.
[[nodiscard]] std::string check_mount_point(const std::string& given);

// Takes such a dead mount away, with a line on stderr; does nothing when there is none. Call it
// just before mounting: whatever is written in between would end up below the shelf. Throws
// Error(kBusy).
void remove_dead_mount(const std::string& mount_point);

// The absolute, link-free form of a path that exists. Throws Error(kNotFound, …).
[[nodiscard]] std::string real_path(const std::string& path);

// Throws Error(kUsage) when the mount point lies in one of these folders or holds one: the mount
// would cover what it shows, or wait for itself. Folders that do not exist are taken as written.
void refuse_overlap(const std::string& mount_point, const std::vector<std::string>& folders);

// Throws Error(kUsage) when one of these files or folders is the mount point or lies in it. The
// mount point may lie in one of them.
void refuse_covering(const std::string& mount_point, const std::vector<std::string>& paths);

}  // namespace backshelf
