#include "engine/job/earlier_backup.h"

#include <algorithm>

namespace backshelf {
namespace {

// Beyond a few, those that cannot serve (Home Assistant's own, other levels) are likely the rule.
constexpr std::size_t kMaxTries = 4;

std::vector<BackupPtr> newest_first(const Shelf& shelf) {
  std::vector<BackupPtr> backups;
  for (const BackupPtr& backup : shelf.backups) {
    const bool usable = backup->state == State::kOk || backup->state == State::kUnchecked;
    if (usable && !backup->growing) backups.push_back(backup);
  }
  std::stable_sort(backups.begin(), backups.end(), [](const BackupPtr& a, const BackupPtr& b) {
    return to_instant(a->when) > to_instant(b->when);
  });
  backups.resize(std::min(backups.size(), kMaxTries));
  return backups;
}

}  // namespace

EarlierBackup find_earlier(const JobParts& parts, Level level, std::stop_token stop) {
  if (level <= Level::kFast) return {};  // no hashes: compressing anew costs as little
  for (const BackupPtr& backup : newest_first(*parts.catalog.shelf())) {
    if (stop.stop_requested()) break;
    try {
      EarlierBackup earlier;
      earlier.archive = parts.catalog.open(*backup);
      earlier.archive->check(stop);
      earlier.content = earlier.archive->segments_for(level);
      if (earlier.content) return earlier;
    } catch (const Error& error) {  // isolation: one backup that cannot serve
      parts.log.debug(concat("not built upon: ", error.what()));
    }
  }
  return {};
}

}  // namespace backshelf
