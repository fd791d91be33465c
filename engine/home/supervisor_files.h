// The Supervisor's own files at the root of its data directory, read for what a backup needs of
// them. Part of engine/home only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/base/entry.h"
#include "engine/json/json.h"

namespace backshelf {

struct SupervisorApps {
  bool known = false;                 // the list was there and could be read
  std::string path;                   // of the list
  Timestamp mtime;                    // of the list
  std::map<std::string, Json> addon;  // by slug: what the app's addon.json is to hold
};
// Of addons.json, or apps.json. Never throws Error.
[[nodiscard]] SupervisorApps read_supervisor_apps(const std::string& root);

// Of store.json, or of config.json of older ones; only those Home Assistant accepts in backup.json,
// each once. Never throws Error.
[[nodiscard]] std::vector<std::string> read_repositories(const std::string& root);

}  // namespace backshelf
