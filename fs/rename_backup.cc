// mv of what is on the shelf: a backup, one that is being made, or an archive in its location.
#include "engine/base/error.h"
#include "fs/changes.h"

namespace backshelf {
namespace {

// A verify that waits or runs looks for the old name.
void verify_again(const ShelfParts& parts, const std::string& folder) {
  try {
    parts.jobs.submit(VerifyCommand{{folder}});
  } catch (const Error& error) {  // isolation: it has its new name either way
    parts.log.warning(concat("it is not verified: ", folder, ": ", error.what()));
  }
}

}  // namespace

void Changes::rename_backup(const Rename& wanted, const std::string& place) {
  if (parts_.deny_delete) {
    throw Error(ErrorKind::kNotPermitted, concat("rename ", wanted.from_name),
                "deleting and renaming are switched off here (delete = deny)");
  }
  if (wanted.from_name == wanted.to_name) return;
  if (tree_.lookup(wanted.to, wanted.to_name, {}).node) {
    throw Error(ErrorKind::kExists, wanted.to_name, "the name is in use", "use another name");
  }
  const bool folder = place.empty();
  const std::shared_ptr<const Shelf> shelf = parts_.catalog.shelf();
  const BackupPtr backup =
      folder ? shelf->find(wanted.from_name) : shelf->find_file(place, wanted.from_name);
  if (!backup) return tree_.new_backup().rename(wanted.from_name, wanted.to_name);
  if (folder) tree_.new_backup().check_name(wanted.to_name, backup->folder);
  const std::string file = folder ? concat(wanted.to_name, ".tar") : wanted.to_name;
  const BackupPtr renamed = parts_.catalog.rename(*backup, file);
  parts_.log.info(concat("renamed ", backup->folder, " to ", renamed->folder));
  if (!renamed->verified) verify_again(parts_, renamed->folder);
}

}  // namespace backshelf
