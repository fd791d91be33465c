#include "engine/home/supervisor_files.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "engine/home/app_info.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxListBytes = 16 * kMiB;  // of all apps, each with its translations
constexpr std::size_t kMaxRepositories = 200;
constexpr std::size_t kMaxRepositoryBytes = 2000;

// What the app does after a restore. The Supervisor stores the state of that moment, which only
// Docker knows; its own list says whether the app starts with the machine, and that is what its
// owner expects of the restored one. ("unknown" is accepted, but leaves every app stopped.)
const char* state_of(const Json& user, const Json& system) {
  const std::string by_developer = system["boot"].text_or("auto");
  const std::string boot =
      by_developer == "manual_only" ? by_developer : user["boot"].text_or(by_developer);
  return boot == "auto" ? "started" : "stopped";
}

Json addon_of(const Json& user, const Json& system) {
  Json addon = Json::object();
  if (user.is_object()) addon.set("user", user);
  if (system.is_object()) addon.set("system", system);
  const std::string version = user["version"].text_or(system["version"].text_or({}));
  if (!version.empty()) addon.set("version", version);
  addon.set("state", state_of(user, system));
  return addon;
}

// As the Supervisor checks them (a built-in name, or a URL with a branch behind '#'), or stricter:
// one that it refuses makes it refuse the whole backup.
bool is_repository(const std::string& text) {
  if (text == "core" || text == "local") return true;
  const std::size_t scheme = text.starts_with("https://") ? 8 : text.starts_with("http://") ? 7 : 0;
  if (scheme == 0 || text.size() > kMaxRepositoryBytes) return false;
  if (text.size() == scheme || text[scheme] == '/') return false;
  if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~'; })) {
    return false;
  }
  const std::size_t sign = text.find('#');
  if (sign == std::string::npos) return true;
  const std::string branch = text.substr(sign + 1);
  return !branch.empty() && std::all_of(branch.begin(), branch.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '/' || c == '.';
  });
}

}  // namespace

SupervisorApps read_supervisor_apps(const std::string& root) {
  SupervisorApps apps;
  Json list;
  for (const char* const name : {"/addons.json", "/apps.json"}) {
    apps.path = root + name;
    list = find_json(apps.path, kMaxListBytes);
    if (list["user"].is_object()) break;
  }
  apps.known = list["user"].is_object() && list["system"].is_object();
  if (!apps.known) {
    apps.path = root + "/addons.json";
    return apps;
  }
  if (const auto status = find_status(apps.path)) apps.mtime = mtime_of(*status);
  for (const char* const half : {"user", "system"}) {
    for (const auto& [slug, ignored] : list[half].members()) {
      apps.addon[slug] = addon_of(list["user"][slug], list["system"][slug]);
    }
  }
  return apps;
}

std::vector<std::string> read_repositories(const std::string& root) {
  Json list = find_json(root + "/store.json")["repositories"];
  if (!list.is_array()) list = find_json(root + "/config.json")["addons_custom_list"];
  std::vector<std::string> repositories;
  for (const Json& item : list.items()) {
    const std::string text = item.text_or({});
    const bool known =
        std::find(repositories.begin(), repositories.end(), text) != repositories.end();
    if (known || !is_repository(text) || repositories.size() == kMaxRepositories) continue;
    repositories.push_back(text);
  }
  return repositories;
}

}  // namespace backshelf
