// The list behind `-o`, as mount(8), fstab and people write it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/config/config.h"

namespace backshelf {

struct MountOptions {
  bool read_only = false;
  bool no_exec = false;
  std::string config_path;            // config=INI
  std::vector<std::string> warnings;  // options not known: said, never fatal (a boot must not hang)
};

// Reads "a,b=c,…" into `options`, and what belongs to [mount] over `mount`. Throws Error(kUsage)
// for a known option with a value that is wrong ("uid=many").
void read_mount_options(std::string_view list, MountOptions& options, MountConfig& mount);

// What libfuse's session is told: names, permissions, and never suid or dev.
[[nodiscard]] std::string fuse_options(const MountOptions& options, bool allow_other);

}  // namespace backshelf
