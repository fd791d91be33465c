// What every command takes.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace backshelf {

struct CommonOptions {
  std::string config_path;               // -c; empty: the default place
  std::vector<std::string> key_options;  // -k, in order
  bool quiet = false, verbose = false;
};

// What the chosen command does; returns the exit code, throws Error.
using Action = std::function<int()>;

}  // namespace backshelf
