// The JSON files of a home that Home Assistant reads back on restore, checked as it checks them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/json/json.h"

namespace backshelf {

struct AppInfo {
  std::string name, version;
  std::vector<std::string> excludes;  // its developer's `backup_exclude`, as written
  std::string problem;                // empty: Home Assistant will take it
};
// An app's addon.json: user, system, version, state are required (Supervisor's
// SCHEMA_ADDON_BACKUP).
[[nodiscard]] AppInfo read_app_info(const Json& addon);

// homeassistant.json may be absent, but a wrong one makes the Supervisor fail in mid-restore.
[[nodiscard]] bool is_homeassistant_json(const Json& file);

[[nodiscard]] bool is_app_slug(std::string_view slug);  // [-_.A-Za-z0-9]+ and no path

inline constexpr std::size_t kMaxAppJsonBytes = 4 * kMiB;  // with all its translations
// Null when the file is absent, unreadable, larger than `limit` or no JSON.
[[nodiscard]] Json find_json(const std::string& path, std::size_t limit = kMaxAppJsonBytes);

}  // namespace backshelf
