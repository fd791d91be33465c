// The words behind `backshelf mount`, and those with which mount(8) calls a helper.
#pragma once

#include <string>
#include <vector>

#include "fs/mount_options.h"
#include "tools/options.h"

namespace backshelf {

struct MountRequest {
  CommonOptions common;
  bool foreground = false;
  bool only_pretend = false;  // mount -f of mount(8): nothing is done
  std::string source;         // empty: the configuration's locations
  std::string mount_point;
  std::string option_list;  // of all -o, joined
  MountOptions options;     // as read from them
};

enum class Caller {
  kPerson,       // backshelf mount [-f] [-c INI] [-k KEYFILE]… [-o opts] [SOURCE] MOUNTPOINT
  kMountHelper,  // mount.backshelf SOURCE MOUNTPOINT [-sfnv] [-t type] [-o opts]
};
// Throws Error(kUsage).
[[nodiscard]] MountRequest parse_mount_request(const std::vector<std::string>& words,
                                               Caller caller);
// Whether these are the words of `backshelf SOURCE MOUNTPOINT -o …`, as mount.fuse3 calls us.
[[nodiscard]] bool is_mount_fuse_call(const std::vector<std::string>& words);

}  // namespace backshelf
