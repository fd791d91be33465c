// Another name for an archive and its folder.
#include "engine/base/error.h"
#include "engine/catalog/catalog_impl.h"
#include "engine/location/object_names.h"

namespace backshelf {
namespace {

std::string renaming(const Backup& backup) {
  return concat("renaming ", backup.folder);
}

Error changed(const Backup& backup) {
  return {ErrorKind::kNotFound, renaming(backup), "its archive was changed or removed a moment ago",
          "look again"};
}

bool is_away(Location& place) {
  try {
    (void)place.space();
    return false;
  } catch (const Error&) {  // isolation: whatever it is that cannot be asked, it cannot be changed
    return true;
  }
}

}  // namespace

// The record of the backup. Another one, for the file that is not there yet, keeps its pin if we do
// not live to see the new name. Not that it was made automatically: another file that gets this
// name would be pruned for it.
Record ShelfCatalog::reserve_name(const Backup& backup, const std::string& file) {
  Record known;
  change_records([&](Records& records) {
    const Record* const found = record_of(records, backup);
    if (found == nullptr) throw changed(backup);
    known = *found;
    const Record* const other = records.find(backup.location, file);
    if (other != nullptr && !other->gone) return;
    Record reserved = known;
    reserved.file = file;
    reserved.identity.clear();
    reserved.slot = records.take_slot();
    reserved.folder = folder_name(file);
    reserved.gone = parts_.clock.now();
    reserved.made = reserved.automatic = false;
    records.files.insert_or_assign({backup.location, file}, std::move(reserved));
  });
  return known;
}

BackupPtr ShelfCatalog::rename(const Backup& backup, const std::string& file) {
  const auto place = location(backup.location);
  if (place == nullptr || is_away(*place)) {
    throw Error(ErrorKind::kBusy, renaming(backup),
                concat("location ", backup.location, " is away"), "bring it back first");
  }
  if (place->read_only()) {
    throw Error(ErrorKind::kReadOnly, renaming(backup),
                concat("location ", place->name(), " is read-only"));
  }
  if (!is_archive_name(file)) {
    throw Error(ErrorKind::kInvalid, renaming(backup), concat("'", file, "' is no archive's name"),
                "use one that ends in .tar and does not begin with a dot");
  }
  const auto now = place->find(backup.object.name);
  if (!now || now->size != backup.object.size || now->mtime != backup.object.mtime) {
    (void)refresh();
    throw changed(backup);
  }
  // Throws when the state cannot be written: then nothing is renamed that nobody could record.
  const Record known = reserve_name(backup, file);
  try {
    place->rename(backup.object.name, file);
  } catch (const Error&) {  // cleanup: the name is not ours
    change_records([&](Records& records) {
      const Record* const reserved = records.find(backup.location, file);
      if (reserved != nullptr && reserved->gone) records.files.erase({backup.location, file});
    });
    throw;
  }
  const auto after = place->find(file);
  change_records([&](Records& records) {
    // What was noted while the name changed (a pin, a verdict) counts.
    const Record* const current = records.find(backup.location, backup.object.name);
    Record record = current != nullptr && current->slot == known.slot ? *current : known;
    // The watcher may have seen the new name already and taken it for a new backup.
    records.files.erase({backup.location, backup.object.name});
    records.files.erase({backup.location, file});
    record.gone = known.gone;  // a look in between missed the old name
    record.file = file;
    if (after) record.identity = after->identity;
    record.folder = records.free_folder(folder_name(file));
    records.files.insert_or_assign({backup.location, file}, std::move(record));
  });
  (void)refresh();
  if (BackupPtr renamed = shelf()->find_file(backup.location, file)) return renamed;
  throw changed(backup);
}

}  // namespace backshelf
