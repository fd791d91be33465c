// What a mount will show and where it keeps its state, decided before anything is opened.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/catalog/state_store.h"
#include "engine/config/config.h"
#include "engine/location/location.h"
#include "tools/mount_request.h"

namespace backshelf {

struct DaemonPlan {
  std::string mount_point;        // absolute, checked
  Config config;                  // with -o over [mount]
  bool from_config = false;       // false: SOURCE is a folder or an archive, and nothing is written
  std::string folder, only_file;  // of such a SOURCE
  bool read_only = false;         // not from_config, or ro
  bool allow_other = false;
};
// Throws Error: kUsage, kNotFound, kBusy.
[[nodiscard]] DaemonPlan make_plan(const MountRequest& request);

// Of the configuration, or the one folder that is the SOURCE. Throws as open_locations() of
// late_location.h does.
[[nodiscard]] std::vector<std::shared_ptr<Location>> open_locations(const DaemonPlan& plan,
                                                                    StateStore& state);

}  // namespace backshelf
