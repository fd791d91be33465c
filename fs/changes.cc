#include "fs/changes.h"

#include "engine/base/error.h"
#include "engine/job/in_use.h"

namespace backshelf {
namespace {

// An editor's new text for the control file; a person's commands are lines, not books.
constexpr std::uint64_t kMaxControlText = 64 * kKiB;

Error read_only(const std::string& what) {
  return Error(ErrorKind::kReadOnly, what, "a backup never changes");
}

Error fixed_name(const std::string& name) {
  return Error(ErrorKind::kNotPermitted, name, "it belongs to the shelf itself");
}

bool is_root(const NodeId& id) {
  return id == fixed_node(kRootNumber);
}

}  // namespace

void Changes::check_changeable(const NodeId& parent) const {
  if (parts_.read_only) {
    throw Error(ErrorKind::kReadOnly, "change", "this shelf is read-only",
                "mount it with a configuration to change it");
  }
  if (parent == fixed_node(kLocationsNumber)) throw fixed_name("locations");
}

void Changes::check_may_go(const Backup& backup) const {
  std::optional<std::string> reason = parts_.catalog.refusal(backup);
  if (parts_.deny_delete) {
    reason = "deleting is switched off here (delete = deny); `backshelf delete` still works";
  }
  if (!reason) return;
  parts_.deletes.touch(backup.slot);
  const Error refused(ErrorKind::kNotPermitted, concat("delete ", backup.folder), *reason);
  parts_.jobs.report("delete-refused", refused);
  throw refused;
}

FolderAttr Changes::visible_child(const NodeId& parent, const std::string& name,
                                  std::stop_token stop) const {
  const auto attr = tree_.find_child(parent, name, std::move(stop));
  if (!attr || !tree_.is_visible(parent.slot, *attr)) {
    throw Error(ErrorKind::kNotFound, name, "it is not there");
  }
  return *attr;
}

std::unique_ptr<OpenFile> Changes::create(const NodeId& parent, const std::string& name) {
  if (parent.view == View::kBackup) throw read_only(name);
  if (parent.view == View::kNew) tree_.new_backup().refuse_inside(new_backup_id(parent), name);
  check_changeable(parent);
  const auto place = tree_.place_of(parent);
  if (!place) throw fixed_name(name);
  if (tree_.lookup(parent, name, {}).node) {
    throw Error(ErrorKind::kExists, name, "the name is in use", "use another name");
  }
  return create_upload(tree_, *place, name);
}

Node Changes::mkdir(const NodeId& parent, const std::string& name) {
  if (!is_root(parent)) make_other(parent, name);
  check_changeable(parent);
  if (tree_.lookup(parent, name, {}).node) {
    throw Error(ErrorKind::kExists, name, "the name is in use", "use another name");
  }
  try {
    return tree_.new_node(tree_.new_backup().begin(name));
  } catch (const Error& error) {  // boundary: mkdir shows its user a bare errno
    const bool plain = error.kind() == ErrorKind::kBusy || error.kind() == ErrorKind::kExists;
    // Desktops try folders of their own (.Trash-1000) everywhere.
    if (!plain && !name.starts_with('.')) parts_.jobs.report("mkdir", error);
    throw;
  }
}

void Changes::make_other(const NodeId& parent, const std::string& name) {
  if (parent.view == View::kBackup) throw read_only(name);
  if (parent.view == View::kNew) tree_.new_backup().refuse_inside(new_backup_id(parent), name);
  check_changeable(parent);
  throw Error(ErrorKind::kNotPermitted, name, "only archives can be put here",
              "to make a backup, make a folder at the top of the shelf");
}

void Changes::unlink(const NodeId& parent, const std::string& name, std::stop_token stop) {
  check_changeable(parent);
  if (parent.view == View::kBackup) {
    const FolderAttr attr = visible_child(parent, name, std::move(stop));
    if (attr.type == EntryType::kDirectory) throw fixed_name(name);
    check_may_go(*tree_.backup(parent.slot));
    return parts_.deletes.hide(parent.slot, attr.id);
  }
  if (parent.view == View::kNew) {
    if (name != "status") throw Error(ErrorKind::kNotFound, name, "it is not there");
    return tree_.new_backup().remove_status(new_backup_id(parent));
  }
  const auto place = tree_.place_of(parent);
  if (!place || (is_root(parent) && ShelfTree::fixed_number(name) != 0)) throw fixed_name(name);
  if (parts_.uploads.find(*place, name)) return parts_.uploads.remove(*place, name);
  if (is_root(parent)) throw Error(ErrorKind::kNotFound, name, "it is not there");
  remove_object(*place, name);
}

void Changes::remove_object(const std::string& place, const std::string& name) {
  const BackupPtr backup = parts_.catalog.shelf()->find_file(place, name);
  if (!backup) throw Error(ErrorKind::kNotFound, name, "it is not there");
  check_may_go(*backup);
  remove_backup(*backup);
}

void Changes::remove_backup(const Backup& backup) {
  check_not_in_use(parts_.jobs.state(), backup.folder);
  parts_.catalog.remove(backup, false);
  parts_.deletes.forget(backup.slot);
  parts_.log.info(concat("deleted ", backup.folder, " through the mount"));
}

void Changes::rmdir(const NodeId& parent, const std::string& name, std::stop_token stop) {
  check_changeable(parent);
  if (parent.view == View::kBackup) return remove_inner_folder(parent, name, std::move(stop));
  if (!is_root(parent)) throw fixed_name(name);
  if (ShelfTree::fixed_number(name) != 0) throw fixed_name(name);
  const BackupPtr backup = parts_.catalog.shelf()->find(name);
  if (!backup || backup->growing) return tree_.new_backup().cancel(name);
  check_may_go(*backup);
  if (parts_.deletes.must_be_empty(backup->slot) &&
      tree_.has_visible(backup->slot, Archive::kRoot, std::move(stop))) {
    parts_.deletes.touch(backup->slot);
    throw Error(ErrorKind::kNotEmpty, name, "a part of it was left when the rest was deleted");
  }
  remove_backup(*backup);
}

void Changes::remove_inner_folder(const NodeId& parent, const std::string& name,
                                  std::stop_token stop) {
  const FolderAttr attr = visible_child(parent, name, stop);
  check_may_go(*tree_.backup(parent.slot));
  parts_.deletes.refuse_inside(parent.slot);
  if (tree_.has_visible(parent.slot, attr.id, std::move(stop))) {
    parts_.deletes.touch(parent.slot);
    throw Error(ErrorKind::kNotEmpty, name, "there is something in it");
  }
  parts_.deletes.hide(parent.slot, attr.id);
}

void Changes::rename(const Rename& wanted, std::stop_token stop) {
  for (const NodeId* end : {&wanted.from, &wanted.to}) {
    if (end->view == View::kBackup || end->view == View::kNew) throw read_only(wanted.from_name);
    check_changeable(*end);
  }
  const auto place = tree_.place_of(wanted.from);
  const auto target = tree_.place_of(wanted.to);
  if (!place || !target) throw fixed_name(wanted.from_name);
  const bool upload = parts_.uploads.find(*place, wanted.from_name).has_value();
  if (!upload && !tree_.lookup(wanted.from, wanted.from_name, std::move(stop)).node) {
    throw Error(ErrorKind::kNotFound, wanted.from_name, "it is not there");
  }
  // EXDEV makes mv copy, and remove what it copied. A folder of the root is no file to copy.
  if (*place != *target && (upload || !is_root(wanted.from))) {
    throw Error(ErrorKind::kCrossDevice, wanted.from_name, "it lies in another location");
  }
  const bool control = is_root(wanted.to) && wanted.to_name == "control" && !wanted.no_replace;
  if (upload && control) return run_as_control(wanted.from_name);
  for (const auto& [end, name] :
       {std::pair(wanted.from, wanted.from_name), std::pair(wanted.to, wanted.to_name)}) {
    if (is_root(end) && ShelfTree::fixed_number(name) != 0) throw fixed_name(name);
  }
  if (*place != *target) {
    throw Error(ErrorKind::kNotPermitted, wanted.from_name, "backups lie at the top of the shelf");
  }
  if (!upload) return rename_backup(wanted, *place);
  parts_.uploads.rename(*place, wanted.from_name, wanted.to_name, wanted.no_replace);
}

void Changes::run_as_control(const std::string& scratch) {
  const auto info = parts_.uploads.find("", scratch);
  if (!info) throw Error(ErrorKind::kNotFound, scratch, "it is not there");
  if (info->size > kMaxControlText) {
    throw Error(ErrorKind::kInvalid, "control", "that text is too long for commands");
  }
  ByteVec text(info->size);
  text.resize(text.empty() ? 0 : parts_.uploads.read(info->id, 0, text));
  parts_.uploads.remove("", scratch);
  parts_.control.run(text);
}

void Changes::set_attributes(const NodeId& id, const AttributeChange& change) {
  if (id == fixed_node(kControlNumber)) return check_changeable(id);
  if (id.view == View::kBackup) throw read_only("attributes");
  check_changeable(id);
  if (id.view == View::kUpload) {
    if (change.size) parts_.uploads.truncate(id.number, *change.size);
    if (change.mtime) parts_.uploads.set_mtime(id.number, *change.mtime);
    return;
  }
  // After a mkdir tools set modes, after an upload times and modes of what is by now an archive.
  if (id.view == View::kNew && !change.size) return;
  if (id.view == View::kObject && !change.size) return;
  throw fixed_name("attributes");
}

}  // namespace backshelf
