#include "engine/job/restore_keep.h"

#include <algorithm>
#include <array>

namespace backshelf {
namespace {

constexpr std::string_view kConfig = "config";
constexpr std::string_view kArchiveFolders[] = {"backups", "tmp_backups"};
constexpr std::string_view kOfTheFileSystem = "lost+found";
// An order to restore that was not carried out belongs to the old home, and an index of a database
// that is replaced is wrong for the new one.
constexpr std::string_view kNeverKept[] = {"/.HA_RESTORE", "/*.db-shm"};

bool is_for_caches(std::string_view pattern) {
  return pattern.find("__pycache__") != std::string_view::npos ||
         pattern.find(".DS_Store") != std::string_view::npos;
}

std::string joined(std::string_view folder, std::string_view path) {
  if (path.empty() || folder.empty()) return std::string(folder.empty() ? path : folder);
  return concat(folder, "/", path);
}

}  // namespace

KeepRules::KeepRules(Facts facts) : facts_(std::move(facts)), ours_(facts_.ours) {
  for (const Facts::Excludes& excludes : facts_.home_assistants) {
    Group group{excludes.below, excludes.as, {}, {}};
    for (const std::string& pattern : excludes.patterns) {
      const bool never =
          facts_.inner == kConfig &&
          std::any_of(std::begin(kNeverKept), std::end(kNeverKept),
                      [&](std::string_view end) { return pattern == concat(group.as, end); });
      if (!never) (is_for_caches(pattern) ? group.caches : group.others).add(pattern);
    }
    groups_.push_back(std::move(group));
  }
}

bool KeepRules::stays(std::string_view path) const {
  if (std::find(facts_.mounts.begin(), facts_.mounts.end(), path) != facts_.mounts.end()) {
    return true;
  }
  if (path == kOfTheFileSystem) return true;
  if (facts_.inner != kConfig) return false;
  const bool archives = std::find(std::begin(kArchiveFolders), std::end(kArchiveFolders), path) !=
                        std::end(kArchiveFolders);
  return archives || is_unwanted(path);
}

bool KeepRules::is_unwanted(std::string_view path) const {
  return facts_.inner == kConfig && facts_.database && is_database(path);
}

bool KeepRules::was_left_out(std::string_view path, bool folder_comes) const {
  if (ours_.matches(joined(facts_.inner, path))) return true;
  return std::any_of(groups_.begin(), groups_.end(), [&](const Group& group) {
    std::string_view rest = path;
    if (!group.below.empty()) {
      if (!path.starts_with(group.below) || path.size() <= group.below.size() ||
          path[group.below.size()] != '/') {
        return false;
      }
      rest.remove_prefix(group.below.size() + 1);
    }
    const std::string text = joined(group.as, rest);
    return group.others.matches(text) || (folder_comes && group.caches.matches(text));
  });
}

bool KeepRules::is_database(std::string_view path) {
  static const Glob kDatabase("home-assistant_v?.db*");
  return kDatabase.matches(path);
}

}  // namespace backshelf
