#include "engine/home/part_walk.h"

#include "engine/disk/file_stream.h"
#include "engine/disk/source_walk.h"

namespace backshelf {
namespace {

std::string below(const std::string& prefix, const std::string& path) {
  if (prefix.empty()) return path.empty() ? "." : path;
  return path.empty() ? prefix : concat(prefix, "/", path);
}

// Home Assistant's `home-assistant_v?.db` and its write-ahead log.
const Glob& database_glob(bool log) {
  static const Glob kDatabase("home-assistant_v?.db");
  static const Glob kLog("home-assistant_v?.db-wal");
  return log ? kLog : kDatabase;
}

bool is_database(const HomeTree& tree, const std::string& path) {
  return tree.shown == "config" &&
         (database_glob(false).matches(path) || database_glob(true).matches(path));
}

}  // namespace

PartWalk::PartWalk(const HomeSourceOptions& options)
    : database_(options.database), excludes_(options.exclude) {
  for (const std::string& directory : options.leave_out) {
    const auto status = find_status(concat(directory, "/."));
    if (status) left_out_.emplace(status->st_dev, status->st_ino);
  }
}

bool PartWalk::is_left_out(const struct stat& status) const {
  return S_ISDIR(status.st_mode) && left_out_.contains({status.st_dev, status.st_ino});
}

void PartWalk::run(const HomePart& part, const PartWalkCalls& calls) const {
  for (const std::string& path : part.files) file(path, calls);
  for (const HomeTree& each : part.trees) tree(each, calls);
}

void PartWalk::file(const std::string& path, const PartWalkCalls& calls) const {
  const auto status = find_status(path);
  if (!status) return;
  const std::string name = path.substr(path.rfind('/') + 1);
  if (!S_ISREG(status->st_mode)) return calls.skipped({path, "it is no regular file"});
  calls.found({name, path, *status, {}, [&path] { return open_regular_file(path); }});
}

void PartWalk::tree(const HomeTree& tree, const PartWalkCalls& calls) const {
  const GlobSet ha_excludes(tree.excludes);
  dev_t device = 0;
  WalkCalls walk_calls;
  walk_calls.visit = [&](const WalkItem& item) {
    const std::string shown = below(tree.shown, item.path);
    if (item.path.empty()) {
      device = item.status.st_dev;
    } else {
      if (ha_excludes.matches(below(tree.excluded_as, item.path))) return false;
      if (excludes_.matches(shown)) return false;
    }
    if (S_ISSOCK(item.status.st_mode)) return false;
    const bool database = is_database(tree, item.path);
    if (database && !database_) return false;
    calls.found(
        {below(tree.prefix, item.path), shown, item.status, item.link_target, item.open, database});
    if (S_ISDIR(item.status.st_mode) && tree.one_file_system && item.status.st_dev != device) {
      calls.skipped({shown, "another file system is mounted there"});
    }
    return !is_left_out(item.status);
  };
  walk_calls.failed = [&](const std::string& path, const Error& error) {
    if (path.empty()) throw Error(error);
    const std::string shown = below(tree.shown, path);
    if (!excludes_.matches(shown) && !ha_excludes.matches(below(tree.excluded_as, path))) {
      calls.skipped({shown, error.why()});
    }
  };
  walk(tree.directory, tree.one_file_system, walk_calls);
}

}  // namespace backshelf
