#include <algorithm>

#include "engine/base/error.h"
#include "engine/catalog/catalog_impl.h"
#include "engine/location/object_names.h"

namespace backshelf {
namespace {

Error not_there(const Backup& backup) {
  return {ErrorKind::kNotFound, concat("deleting ", backup.folder),
          "its archive was changed or removed a moment ago", "look again"};
}

bool is_same(const DeletedRecord& a, const DeletedRecord& b) {
  return a.hidden == b.hidden && a.record.location == b.record.location;
}

}  // namespace

void ShelfCatalog::change_state(const std::function<void(Json&)>& change) {
  ++state_changes_;
  parts_.state.update(change);
}

void ShelfCatalog::change_records(const std::function<void(Records&)>& change) {
  change_state([&](Json& state) {
    Records records = Records::parse(state);
    change(records);
    records.print_into(state);
  });
}

void ShelfCatalog::remove(const Backup& backup, bool force) {
  const auto place = location(backup.location);
  if (place == nullptr) throw not_there(backup);
  if (place->read_only()) {
    throw Error(ErrorKind::kReadOnly, concat("deleting ", backup.folder),
                concat("location ", place->name(), " is read-only"));
  }
  const auto reason = refusal(backup);
  if (reason && !force) {
    throw Error(ErrorKind::kNotPermitted, concat("deleting ", backup.folder), *reason);
  }
  std::optional<ObjectInfo> now;
  try {
    now = place->find(backup.object.name);
  } catch (const Error&) {  // isolation: the place is away, and is told when it is back
    return delay_delete(backup);
  }
  if (!now || now->size != backup.object.size || now->mtime != backup.object.mtime) {
    (void)refresh();
    throw not_there(backup);
  }
  // Throws when the state cannot be read: then nothing is hidden that nobody could record.
  change_state([](Json&) {});
  const std::string hidden = place->hide(backup.object.name);
  record_deleted(recorded(backup), hidden);
  (void)refresh();
  expire_deleted();
}

// What is remembered of it, with what the shelf says of the file.
Record ShelfCatalog::recorded(const Backup& backup) const {
  Records records = Records::parse(parts_.state.read());
  const Record* const known = record_of(records, backup);
  Record record = known == nullptr ? Record{} : *known;
  record.location = backup.location;
  record.file = backup.object.name;
  record.identity = backup.object.identity;
  record.folder = backup.folder;
  record.slot = backup.slot;
  record.size = backup.object.size;
  record.mtime = backup.object.mtime;
  return record;
}

void ShelfCatalog::record_deleted(const Record& record, const std::string& hidden) {
  const Instant when = parts_.clock.now();
  change_records([&](Records& records) {
    DeletedRecord gone;
    gone.record = record;
    gone.hidden = hidden;
    gone.when = when;
    gone.until = when + parts_.undelete;
    records.deleted.push_back(std::move(gone));
    records.files.erase({record.location, record.file});
  });
}

// The record of a deleted archive may be missing: the state could not be written, or was lost.
void ShelfCatalog::add_unrecorded(Location& place, std::vector<DeletedRecord>& deleted) const {
  const std::string installation = parts_.state.installation();
  for (const ObjectInfo& object : place.list_hidden()) {
    const auto name = parse_hidden_name(object.name, installation);
    DeletedRecord gone;
    gone.hidden = object.name;
    gone.record.location = place.name();
    const bool known = std::any_of(deleted.begin(), deleted.end(),
                                   [&](const DeletedRecord& one) { return is_same(one, gone); });
    if (known || !name) continue;
    gone.record.file = name->original;
    gone.record.folder = folder_name(name->original);
    gone.record.size = object.size;
    gone.record.mtime = object.mtime;
    gone.when = Instant(std::chrono::seconds(name->deleted_seconds));
    gone.until = gone.when + parts_.undelete;
    deleted.push_back(std::move(gone));
  }
}

// Oldest first, without those whose file is gone.
std::vector<DeletedRecord> ShelfCatalog::all_deleted() const {
  std::vector<DeletedRecord> deleted = Records::parse(parts_.state.read()).deleted;
  for (const auto& place : parts_.locations) {
    try {
      std::set<std::string> there;
      for (const ObjectInfo& object : place->list_hidden()) there.insert(object.name);
      std::erase_if(deleted, [&](const DeletedRecord& gone) {
        return gone.record.location == place->name() && !there.contains(gone.hidden);
      });
      add_unrecorded(*place, deleted);
    } catch (const Error&) {  // isolation: one location of several is away; its records stay
    }
  }
  std::stable_sort(deleted.begin(), deleted.end(),
                   [](const auto& a, const auto& b) { return a.when < b.when; });
  return deleted;
}

std::vector<DeletedBackup> ShelfCatalog::deleted() const {
  std::vector<DeletedBackup> rows;
  for (const DeletedRecord& gone : all_deleted()) {
    rows.push_back({.folder = gone.record.folder,
                    .location = gone.record.location,
                    .file = gone.record.file,
                    .hidden = gone.hidden,
                    .when = gone.when,
                    .until = gone.until});
  }
  return rows;
}

BackupPtr ShelfCatalog::undelete(std::string_view folder) {
  const std::string what = concat("undelete '", folder, "'");
  if (cancel_delayed(folder)) {
    (void)rebuild(Disk::kAsKnown);
    if (BackupPtr backup = shelf()->find(folder)) return backup;
  }
  std::vector<FileKey> back;
  std::optional<Error> failure;
  for (const DeletedRecord& gone : all_deleted()) {
    if (gone.record.folder != folder) continue;
    try {
      back.emplace_back(gone.record.location, bring_back(gone));
    } catch (const Error& error) {  // isolation: one copy of several
      if (!failure) failure = error;
    }
  }
  if (back.empty() && failure) throw Error(*failure);
  if (back.empty()) {
    throw Error(ErrorKind::kNotFound, what, "no deleted backup has this name",
                "see: backshelf list --deleted");
  }
  (void)refresh();
  const auto& [place, file] = back.front();
  if (failure) {
    throw Error(ErrorKind::kPartial, what, failure->what(), concat("it is back in ", place));
  }
  if (BackupPtr backup = shelf()->find_file(place, file)) return backup;
  throw Error(ErrorKind::kIo, what, concat("it is back, but location ", place, " does not show it"),
              "see: backshelf list");
}

std::string ShelfCatalog::bring_back(const DeletedRecord& gone) {
  const auto place = location(gone.record.location);
  if (place == nullptr) {
    throw Error(ErrorKind::kNotFound, concat("undelete '", gone.record.folder, "'"),
                concat("its location ", gone.record.location, " is not configured"));
  }
  std::string file = place->unhide(gone.hidden, gone.record.file);
  const auto object = place->find(file);
  change_records([&](Records& records) {
    std::erase_if(records.deleted, [&](const DeletedRecord& one) { return is_same(one, gone); });
    if (!object || object->size != gone.record.size || object->mtime != gone.record.mtime) return;
    // The watcher may have seen the file already and taken it for a new one.
    records.files.erase({gone.record.location, file});
    Record record = gone.record;
    record.file = file;
    record.identity = object->identity;
    record.gone.reset();
    if (record.slot == 0) record.slot = records.take_slot();
    record.folder = records.free_folder(record.folder);
    records.files.insert_or_assign({record.location, file}, std::move(record));
  });
  return file;
}

bool ShelfCatalog::remove_for_good(const DeletedRecord& gone) {
  const auto place = location(gone.record.location);
  if (place == nullptr || away(gone.record.location)) return false;
  try {
    place->remove(gone.hidden);
  } catch (const Error& error) {  // isolation: another process may have been faster
    if (error.kind() != ErrorKind::kNotFound) {
      parts_.log.warning(concat("removing ", gone.record.folder, " for good: ", error.what()));
      return false;
    }
  }
  parts_.log.info(concat("removed for good: ", gone.record.folder, " in ", gone.record.location));
  change_records([&](Records& records) {
    std::erase_if(records.deleted, [&](const DeletedRecord& one) { return is_same(one, gone); });
  });
  return true;
}

void ShelfCatalog::expire_deleted() {
  const Instant now = parts_.clock.now();
  for (const DeletedRecord& gone : all_deleted()) {
    if (gone.until <= now) (void)remove_for_good(gone);
  }
}

void ShelfCatalog::make_room(Location& place, std::uint64_t needed) {
  for (const DeletedRecord& gone : all_deleted()) {
    if (gone.record.location != place.name()) continue;
    std::uint64_t hidden = 0;
    for (const ObjectInfo& object : place.list_hidden()) hidden += object.size;
    const std::uint64_t counted = place.space().free_bytes;
    if (counted > hidden && counted - hidden >= needed) return;
    (void)remove_for_good(gone);
  }
}

}  // namespace backshelf
