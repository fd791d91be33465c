#include "engine/home/layout_reader.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "engine/home/app_info.h"
#include "engine/home/reach.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxVersionBytes = 64;

// The Supervisor's and Core's lists together (Supervisor 2026.08, Core 2026.7).
const std::vector<std::string>& config_excludes() {
  static const std::vector<std::string> kPatterns = {"data/**/__pycache__/*",
                                                     "data/**/.DS_Store",
                                                     "data/.HA_RESTORE",
                                                     "data/*.db-shm",
                                                     "data/*.corrupt.*",
                                                     "data/*.log.*",
                                                     "data/*.log",
                                                     "data/.storage/*.corrupt.*",
                                                     "data/OZW_Log.txt",
                                                     "data/backups/*.tar",
                                                     "data/tmp_backups/*.tar",
                                                     "data/tts/*",
                                                     "data/.cache/*"};
  return kPatterns;
}

std::string version_in(const std::string& directory) {
  const std::string path = directory + "/.HA_VERSION";
  const auto status = find_status(path);
  if (!status || !S_ISREG(status->st_mode) || status->st_size > off_t{kMaxVersionBytes}) {
    return std::string(kUnknownVersion);
  }
  const ByteVec bytes = read_file(path, kMaxVersionBytes);
  std::string version(as_text(bytes));
  std::erase_if(version, [](char c) { return c <= ' ' || c > '~'; });
  return version.empty() ? std::string(kUnknownVersion) : version;
}

bool is_taken(std::string_view slug) {
  return slug == kConfigPart.member_stem || slug == "supervisor" || slug == "backup" ||
         std::any_of(kFolderParts.begin(), kFolderParts.end(),
                     [&](const PartFacts& facts) { return slug == facts.member_stem; });
}

// The Supervisor matches an app's excludes from the right, on the path the file has there.
void add_app_tree(HomePart& part, const AppInfo& info, const std::string& directory,
                  const char* name, const char* supervisor_folder) {
  if (directory.empty() || !is_readable_directory(directory)) return;
  HomeTree tree{.directory = directory,
                .prefix = name,
                .shown = concat("apps/", part.member_stem, "/", name),
                .excluded_as = concat(supervisor_folder, "/", part.member_stem),
                .excludes = {},
                .one_file_system = false};
  for (const std::string& pattern : info.excludes) tree.excludes.push_back("**/" + pattern);
  part.trees.push_back(std::move(tree));
}

}  // namespace

void LayoutReader::check_root() const {
  if (config_.root.empty() && config_.parts.empty()) {
    throw Error(ErrorKind::kUsage, "reading the home", "no home is configured",
                "set root in [home]");
  }
  if (!config_.root.empty() && !reaches_directory(config_.root)) {
    throw Error(ErrorKind::kNotFound, "reading the home", concat(config_.root, " is no directory"),
                "mount its disk, or correct root in [home]");
  }
}

std::optional<std::string> LayoutReader::find_part(const std::string& part,
                                                   const std::string& below) {
  const auto own = config_.parts.find(part);
  const bool configured = own != config_.parts.end();
  if (!configured && config_.root.empty()) return std::nullopt;
  std::string directory = configured      ? own->second
                          : below.empty() ? config_.root
                                          : concat(config_.root, "/", below);
  try {
    if (reaches_readable_directory(directory)) return directory;
    if (configured) problem(part, concat(directory, " is no directory"));
  } catch (const Error& error) {  // isolation: one part that cannot be read
    problem(part, concat(directory, ": ", error.why()));
  }
  return std::nullopt;
}

void LayoutReader::add_config(const std::string& directory, const std::string& supervisors) {
  HomePart part{.part = kConfigPart.part, .member_stem = kConfigPart.member_stem};
  if (!supervisors.empty() && is_homeassistant_json(find_json(supervisors))) {
    part.files.push_back(supervisors);
  }
  part.trees.push_back({.directory = directory,
                        .prefix = "data",
                        .shown = kConfigPart.part,
                        .excluded_as = "data",
                        .excludes = config_excludes(),
                        .one_file_system = kConfigPart.one_file_system});
  layout.parts.push_back(std::move(part));
  try {
    layout.version = version_in(directory);
  } catch (const Error& error) {  // isolation: a configuration may be stored without its version
    problem("config/.HA_VERSION", error.why());
  }
  layout.uuid = find_json(directory + "/.storage/core.uuid")["data"]["uuid"].text_or({});
}

void LayoutReader::add_folder(const PartFacts& facts, const std::string& directory) {
  HomePart part{.part = facts.part, .member_stem = facts.member_stem};
  part.trees.push_back({.directory = directory,
                        .prefix = {},
                        .shown = facts.part,
                        .excluded_as = {},
                        .excludes = {},
                        .one_file_system = facts.one_file_system});
  layout.parts.push_back(std::move(part));
}

bool LayoutReader::add_app(AppFound app) {
  AppInfo info = read_app_info(app.addon);
  if (!is_app_slug(app.slug) || is_taken(app.slug)) info.problem = "its name cannot be an app's";
  if (!info.problem.empty()) {
    problem(concat("apps/", app.slug), info.problem);
    return false;
  }
  HomePart part{.part = concat("app:", app.slug),
                .member_stem = app.slug,
                .files = std::move(app.files),
                .made = std::move(app.made)};
  try {
    add_app_tree(part, info, app.data, "data", "addons/data");
    add_app_tree(part, info, app.config, "config", "addon_configs");
  } catch (const Error& error) {  // isolation: one app that cannot be read
    problem(concat("apps/", app.slug), error.why());
    return false;
  }
  layout.parts.push_back(std::move(part));
  layout.apps.push_back({app.slug, info.name.empty() ? app.slug : info.name, info.version});
  return true;
}

void LayoutReader::problem(const std::string& what, const std::string& why) {
  layout.problems.push_back({what, why});
}

std::vector<std::string> directories_in(const std::string& path) {
  std::vector<std::string> names;
  for (const DirectoryEntry& entry : list_directory(path)) {
    if (is_directory(concat(path, "/", entry.name))) names.push_back(entry.name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace backshelf
