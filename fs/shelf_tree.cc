#include "fs/shelf_tree.h"

#include "engine/base/error.h"

namespace backshelf {
namespace {

constexpr std::uint32_t kControlMode = 0660, kFileMode = 0640;

Error gone(std::string_view what) {
  return Error(ErrorKind::kNotFound, std::string(what), "it is no longer on the shelf");
}

StatusFile status_file(std::uint64_t number) {
  if (number == kStatusNumber) return StatusFile::kStatus;
  return number == kLogNumber ? StatusFile::kLog : StatusFile::kJson;
}

}  // namespace

ShelfTree::ShelfTree(const ShelfParts& parts)
    : parts_(parts),
      new_backup_(std::make_unique<NewBackup>(parts.catalog, parts.jobs, parts.clock, parts.log)) {
  shelf_changed();
}

void ShelfTree::shelf_changed() {
  const Timestamp now = to_timestamp(parts_.clock.now());
  changed_.with([now](Timestamp& changed) { changed = now; });
}

BackupPtr ShelfTree::backup(std::uint32_t slot) const {
  BackupPtr found = parts_.catalog.shelf()->by_slot(slot);
  if (!found) throw gone("backup");
  return found;
}

std::shared_ptr<Archive> ShelfTree::archive(std::uint32_t slot) const {
  return parts_.catalog.open(*backup(slot));
}

bool ShelfTree::is_visible(std::uint32_t slot, const FolderAttr& attr) const {
  return is_shown(attr.type, parts_.how) && !parts_.deletes.is_hidden(slot, attr.id);
}

bool ShelfTree::has_visible(std::uint32_t slot, FolderId directory, std::stop_token stop) const {
  const std::shared_ptr<Archive> opened = archive(slot);
  try {
    const std::uint32_t count = opened->child_count(directory, stop);
    for (std::uint32_t position = 0; position < count; ++position) {
      const FolderChild child = opened->child(directory, position);
      // It may have come up after the deleting program listed the folder.
      const bool is_report = directory == Archive::kRoot && child.name == "PROBLEM.txt";
      if (!is_report && is_visible(slot, child.attr)) return true;
    }
  } catch (const Error& error) {  // isolation: nothing of a lost part can be seen
    if (error.kind() == ErrorKind::kInterrupted || directory == Archive::kRoot) throw;
  }
  return false;
}

std::optional<std::string> ShelfTree::place_of(const NodeId& folder) const {
  if (folder.view != View::kFixed) return std::nullopt;
  if (folder.number == kRootNumber) return std::string();
  if (folder.number < kFirstLocation || folder.number >= kFirstAway) return std::nullopt;
  const auto& locations = parts_.catalog.locations();
  const std::uint64_t index = folder.number - kFirstLocation;
  if (index >= locations.size()) throw gone("location");
  return locations[index]->name();
}

std::uint64_t ShelfTree::fixed_number(std::string_view name) {
  if (name == "control") return kControlNumber;
  if (name == "status") return kStatusNumber;
  if (name == "status.json") return kStatusJsonNumber;
  if (name == "log") return kLogNumber;
  if (name == "locations") return kLocationsNumber;
  return 0;
}

double ShelfTree::content_timeout(std::uint32_t slot, FolderId entry) const {
  if (parts_.deletes.is_open(slot)) return kNoTimeout;
  return entry.slot == 0 ? kShortTimeout : kLongTimeout;
}

Node ShelfTree::fixed_file(std::uint64_t number) const {
  const Timestamp now = to_timestamp(parts_.clock.now());
  const bool control = number == kControlNumber;
  const std::uint64_t size = control ? parts_.control.text().size()
                             : number >= kFirstAway
                                 ? away_text(number).size()
                                 : parts_.status.content(status_file(number))->size();
  Node node{number, file_status(size, control ? kControlMode : kFileMode, now, parts_.how),
            kNoTimeout};
  node.status.st_ino = number;
  return node;
}

std::optional<Node> ShelfTree::away_file(const std::string& place) const {
  const auto& locations = parts_.catalog.locations();
  for (std::size_t i = 0; i < locations.size(); ++i) {
    if (locations[i]->name() == place && parts_.catalog.away(place)) {
      return fixed_file(kFirstAway + i);
    }
  }
  return std::nullopt;
}

std::string ShelfTree::away_text(std::uint64_t number) const {
  const auto& locations = parts_.catalog.locations();
  const std::uint64_t index = number - kFirstAway;
  const auto why = index < locations.size() ? parts_.catalog.away(locations[index]->name())
                                            : std::optional<std::string>();
  if (!why) throw gone(kAwayName);
  return concat(
      *why, "\n\nIts backups are listed as they were when it was last seen, and cannot ",
      "be read until it is back.\nA backup that is deleted meanwhile is deleted here when ",
      "it is back.\n");
}

Node ShelfTree::fixed_folder(std::uint64_t number) const {
  const Timestamp changed = changed_.with([](const Timestamp& time) { return time; });
  Node node{number, folder_status(changed, parts_.how), kShortTimeout};
  node.status.st_ino = number;
  return node;
}

Node ShelfTree::backup_node(const Backup& backup) const {
  const NodeId id{.view = View::kBackup,
                  .number = 0,
                  .slot = backup.slot,
                  .epoch = parts_.deletes.epoch(backup.slot),
                  .entry = Archive::kRoot};
  Node node{pack(id), folder_status(backup.when, parts_.how), kShortTimeout};
  node.status.st_ino = inode_number(id, 0);
  return node;
}

Node ShelfTree::content_node(std::uint32_t slot, const FolderAttr& attr,
                             std::stop_token stop) const {
  const NodeId id{.view = View::kBackup,
                  .number = 0,
                  .slot = slot,
                  .epoch = parts_.deletes.epoch(slot),
                  .entry = attr.id};
  Node node{pack(id), shown_status(slot, attr, std::move(stop)), content_timeout(slot, attr.id)};
  node.status.st_ino = inode_number(id, attr.content_key);
  return node;
}

Node ShelfTree::object_node(const Backup& backup) const {
  NodeId id;
  id.view = View::kObject;
  id.slot = backup.slot;
  Node node{pack(id), file_status(backup.object.size, kFileMode, backup.object.mtime, parts_.how),
            kNoTimeout};
  node.status.st_ino = inode_number(id, 0);
  return node;
}

Node ShelfTree::upload_node(const UploadInfo& upload) const {
  NodeId id;
  id.view = View::kUpload;
  id.number = upload.id;
  Node node{pack(id), file_status(upload.size, kFileMode, upload.mtime, parts_.how), kNoTimeout};
  node.status.st_ino = inode_number(id, 0);
  return node;
}

Node ShelfTree::new_node(const NewBackup::Info& made) const {
  const NodeId id = new_node_id(made.id);
  Node node{pack(id), folder_status(made.since, parts_.how), kNoTimeout};
  node.status.st_ino = inode_number(id, 0);
  return node;
}

Node ShelfTree::new_status_node(const NewBackup::Info& made) const {
  const NodeId id = new_status_id(made.id);
  Node node = fixed_file(kStatusNumber);
  node.id = pack(id);
  node.status.st_ino = inode_number(id, 0);
  return node;
}

ShelfTree::Found ShelfTree::lookup(const NodeId& parent, std::string_view name,
                                   std::stop_token stop) const {
  if (parent.view == View::kBackup) return lookup_content(parent, name, std::move(stop));
  if (parent.view == View::kNew) {
    const auto made = new_backup_->shown();
    const bool there = made && made->id == new_backup_id(parent) && made->has_status;
    if (!there || name != "status") return {};
    return {new_status_node(*made), kNoTimeout};
  }
  if (parent.view == View::kFixed && parent.number == kLocationsNumber) {
    const auto& locations = parts_.catalog.locations();
    for (std::size_t i = 0; i < locations.size(); ++i) {
      if (locations[i]->name() == name) return {fixed_folder(kFirstLocation + i), kShortTimeout};
    }
    return {std::nullopt, kShortTimeout};
  }
  const std::optional<std::string> place = place_of(parent);
  if (!place) throw Error(ErrorKind::kNotFound, std::string(name), "it is in no folder");
  return place->empty() ? lookup_top(name) : lookup_place(*place, name);
}

ShelfTree::Found ShelfTree::lookup_top(std::string_view name) const {
  if (const std::uint64_t number = fixed_number(name); number != 0) {
    return {number == kLocationsNumber ? fixed_folder(number) : fixed_file(number), kNoTimeout};
  }
  if (const auto upload = parts_.uploads.find("", name)) return {upload_node(*upload), kNoTimeout};
  const BackupPtr found = parts_.catalog.shelf()->find(name);
  if (found && !found->growing) return {backup_node(*found), kNoTimeout};
  const auto made = new_backup_->shown();
  if (!made || made->name != name) return {};
  return {new_node(*made), kNoTimeout};
}

ShelfTree::Found ShelfTree::lookup_place(const std::string& place, std::string_view name) const {
  if (const auto upload = parts_.uploads.find(place, name)) {
    return {upload_node(*upload), kNoTimeout};
  }
  if (name == kAwayName) return {away_file(place), kNoTimeout};
  const BackupPtr found = parts_.catalog.shelf()->find_file(place, name);
  if (!found) return {};
  return {object_node(*found), kNoTimeout};
}

ShelfTree::Found ShelfTree::lookup_content(const NodeId& parent, std::string_view name,
                                           std::stop_token stop) const {
  const auto attr = find_child(parent, name, stop);
  if (!attr || !is_visible(parent.slot, *attr)) {
    return {std::nullopt, content_timeout(parent.slot, parent.entry)};
  }
  return {content_node(parent.slot, *attr, std::move(stop)), kNoTimeout};
}

Node ShelfTree::get(const NodeId& id, std::stop_token stop) const {
  switch (id.view) {
    case View::kFixed: {
      const bool folder =
          id.number == kRootNumber || (id.number >= kLocationsNumber && id.number < kFirstAway);
      return folder ? fixed_folder(id.number) : fixed_file(id.number);
    }
    case View::kObject:
      return object_node(*backup(id.slot));
    case View::kUpload: {
      const auto upload = parts_.uploads.find(id.number);
      if (!upload) throw gone("upload");
      return upload_node(*upload);
    }
    case View::kNew: {
      const auto made = new_backup_->shown();
      if (!made || made->id != new_backup_id(id)) throw gone("backup");
      return is_new_status(id) ? new_status_node(*made) : new_node(*made);
    }
    case View::kBackup:
      break;
  }
  if (id.entry == Archive::kRoot) return backup_node(*backup(id.slot));
  return content_node(id.slot, archive(id.slot)->attr(id.entry, stop), stop);
}

std::string ShelfTree::link_target(const NodeId& id) const {
  if (id.view != View::kBackup) throw Error(ErrorKind::kInvalid, "readlink", "it is no link");
  return archive(id.slot)->link_target(id.entry);
}

}  // namespace backshelf
