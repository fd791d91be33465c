#include <algorithm>

#include "engine/base/error.h"
#include "engine/catalog/catalog_impl.h"

namespace backshelf {

std::optional<std::string> ShelfCatalog::away(std::string_view location) const {
  return away_.with([&](const auto& known) -> std::optional<std::string> {
    const auto found = known.find(location);
    if (found == known.end()) return std::nullopt;
    return found->second;
  });
}

// What lay there when it was last seen, by this process or another one.
std::vector<Found> ShelfCatalog::saved_objects(const Location& place) const {
  std::vector<Found> saved;
  for (const auto& [key, record] : Records::parse(parts_.state.read()).files) {
    if (record.location != place.name() || record.gone || record.slot == 0) continue;
    Found found;
    found.location = record.location;
    found.object = {record.file, record.size, record.mtime, record.identity};
    saved.push_back(std::move(found));
  }
  return saved;
}

void ShelfCatalog::delay_delete(const Backup& backup) {
  const Record record = recorded(backup);
  const Instant now = parts_.clock.now();
  change_records([&](Records& records) { records.delayed.push_back({record, now}); });
  parts_.log.info(concat("deleting ", backup.folder, " waits for location ", backup.location));
  (void)rebuild(Disk::kAsKnown);
}

std::vector<DelayedDelete> ShelfCatalog::delayed_deletes() const {
  std::vector<DelayedDelete> rows;
  if (!any_delayed()) return rows;
  for (const DelayedRecord& one : Records::parse(parts_.state.read()).delayed) {
    rows.push_back({.folder = one.record.folder,
                    .location = one.record.location,
                    .file = one.record.file,
                    .since = one.since});
  }
  return rows;
}

// Cheap, and asked at every look.
bool ShelfCatalog::any_delayed() const {
  return !parts_.state.member(kDelayedKey).items().empty();
}

bool ShelfCatalog::finish_delayed() {
  bool changed = false;
  if (!any_delayed()) return false;
  for (const DelayedRecord& one : Records::parse(parts_.state.read()).delayed) {
    if (away(one.record.location)) continue;
    try {
      changed = finish_delayed(one) || changed;
    } catch (const Error&) {  // isolation: it waits on, as status says
    }
  }
  return changed;
}

bool ShelfCatalog::finish_delayed(const DelayedRecord& delayed) {
  const auto place = location(delayed.record.location);
  if (place == nullptr) return false;
  const std::string& file = delayed.record.file;
  const auto object = place->find(file);
  const auto now = shelf();
  const bool other_good = std::any_of(now->backups.begin(), now->backups.end(),
                                      [](const BackupPtr& one) { return one->good && !one->away; });
  // It may have become the last good one while it waited; another file is none of our business.
  const bool wanted = object && Records::is_of(delayed, place->name(), *object) &&
                      (other_good || !delayed.record.good);
  if (wanted) {
    const std::string hidden = place->hide(file);
    record_deleted(delayed.record, hidden);
    parts_.log.info(concat("deleted ", delayed.record.folder, " in ", place->name(), " at last"));
  } else if (object) {
    parts_.log.warning(concat("not deleted after all: ", delayed.record.folder, " in ",
                              place->name(), ": it changed, or is the last good backup now"));
  }
  change_records([&](Records& records) {
    std::erase_if(records.delayed, [&](const DelayedRecord& one) {
      return one.record.location == delayed.record.location && one.record.file == file;
    });
  });
  return true;
}

bool ShelfCatalog::cancel_delayed(std::string_view folder) {
  if (!any_delayed()) return false;
  const auto is_meant = [&](const DelayedRecord& one) { return one.record.folder == folder; };
  const std::vector<DelayedRecord> all = Records::parse(parts_.state.read()).delayed;
  if (std::none_of(all.begin(), all.end(), is_meant)) return false;
  change_records([&](Records& records) { std::erase_if(records.delayed, is_meant); });
  return true;
}

}  // namespace backshelf
