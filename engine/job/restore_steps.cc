#include "engine/job/restore_steps.h"

#include <map>

#include "engine/base/error.h"
#include "engine/disk/exchange.h"
#include "engine/disk/file.h"
#include "engine/disk/mount_table.h"

namespace backshelf {
namespace {

constexpr mode_t kAsideMode = 0700;
constexpr std::string_view kPythonCaches = "/__pycache__";

struct Pair {
  std::optional<struct stat> old_one, new_one;
};

bool is_folder(const std::optional<struct stat>& status) {
  return status && S_ISDIR(status->st_mode);
}

std::string child(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : concat(folder, "/", name);
}

class StepPlanner {
 public:
  StepPlanner(RestoreJournal& journal, std::size_t folder, const KeepRules& rules)
      : journal_(journal), number_(folder), folder_(journal.folders[folder]), rules_(rules) {}

  void run() {
    const auto root = find_status(folder_.directory);
    if (root) device_ = root->st_dev;
    const bool inside = is_at_or_below(folder_.holder, folder_.directory);
    if (!root) return prepare_whole();
    Found found;
    const bool any_stays = plan("", *root, Coming{}, found);
    if (!any_stays && !inside) return prepare_whole();
    folder_.whole = false;
    for (RestoreStep& step : found.steps) journal_.steps.push_back(std::move(step));
    for (RestoredAttributes& one : found.attributes) {
      make_directories(child(folder_.old_path(), one.path), kAsideMode);
      journal_.attributes.push_back(std::move(one));
    }
  }

 private:
  struct Found {
    std::vector<RestoreStep> steps;
    std::vector<RestoredAttributes> attributes;
  };

  void prepare_whole() const {
    const std::string aside = folder_.old_path();
    make_directories(aside.substr(0, aside.rfind('/')), kAsideMode);
  }

  // Both sides of one folder by name; `new_comes`: the backup has it.
  std::map<std::string, Pair> pairs_of(const std::string& path, bool new_comes) const {
    std::map<std::string, Pair> pairs;
    for (const DirectoryEntry& entry : list_directory(child(folder_.directory, path))) {
      if (!is_own(path, entry.name)) pairs[entry.name].old_one = entry.status;
    }
    if (!new_comes) return pairs;
    for (const DirectoryEntry& entry : list_directory(child(folder_.new_path(), path))) {
      if (!is_own(path, entry.name)) pairs[entry.name].new_one = entry.status;
    }
    return pairs;
  }

  [[nodiscard]] bool is_own(const std::string& path, const std::string& name) const {
    return path.empty() && name.starts_with(kHolderPrefix);
  }

  // Whether the backup has a folder, and whether caches in it are kept: those of Python lie in a
  // folder of their own, which the backup need not have.
  struct Coming {
    bool folder = true, caches = true;
  };

  // Returns whether anything stays in this folder of the home. Depth is that of the home.
  bool plan(const std::string& path, const struct stat& status, Coming coming, Found& found) {
    bool any_stays = false;
    for (const auto& [name, pair] : pairs_of(path, coming.folder)) {
      if (plan_entry(child(path, name), pair, coming, found)) any_stays = true;
    }
    RestoredAttributes mine{number_, path, attributes_of(status), attributes_of(status)};
    if (coming.folder) mine.after = attributes_of(*find_status(child(folder_.new_path(), path)));
    if (path.empty()) mine.after = folder_.attributes;
    found.attributes.push_back(std::move(mine));
    return any_stays;
  }

  // A subvolume is no mount point, but another file system all the same: a backup of media or share
  // holds an empty folder in its place.
  [[nodiscard]] bool is_other_disk(const std::string& path, const Pair& pair) const {
    if (!is_folder(pair.old_one) || pair.old_one->st_dev == device_) return false;
    if (!pair.new_one) return true;
    return is_folder(pair.new_one) && list_directory(child(folder_.new_path(), path)).empty();
  }

  bool plan_entry(const std::string& path, const Pair& pair, Coming outer, Found& found) {
    if (rules_.stays(path) && pair.old_one) return true;
    if (is_other_disk(path, pair)) return true;
    if (rules_.is_unwanted(path)) return true;  // so that the folder is not replaced as one
    const bool left_out = !pair.new_one && rules_.was_left_out(path, outer.caches);
    if (left_out) return true;
    if (is_folder(pair.old_one)) {
      Coming coming;
      coming.folder = is_folder(pair.new_one);
      coming.caches = coming.folder || (outer.caches && path.ends_with(kPythonCaches));
      Found below;
      if (plan(path, *pair.old_one, coming, below)) {
        if (pair.new_one && !is_folder(pair.new_one)) throw in_the_way(path);
        take(below, found);
        return true;
      }
    }
    found.steps.push_back({number_, path, pair.old_one.has_value(), pair.new_one.has_value()});
    return false;
  }

  static void take(Found& from, Found& into) {
    for (RestoreStep& step : from.steps) into.steps.push_back(std::move(step));
    for (RestoredAttributes& one : from.attributes) into.attributes.push_back(std::move(one));
  }

  [[nodiscard]] Error in_the_way(const std::string& path) const {
    return {ErrorKind::kExists, concat("the folder ", child(folder_.directory, path)),
            "the backup has a file of that name, and no backup holds what lies in the folder",
            "move the folder away, or unmount what is mounted in it"};
  }

  RestoreJournal& journal_;
  const std::size_t number_;
  RestoredFolder& folder_;
  const KeepRules& rules_;
  dev_t device_ = 0;  // of the folder that is restored
};

}  // namespace

void plan_exchange(RestoreJournal& journal, std::size_t folder, const KeepRules& rules) {
  StepPlanner(journal, folder, rules).run();
}

}  // namespace backshelf
