// What users do to the shelf by the names of things: remove, rename, make, set attributes.
// Contents of backups never change; removing one's files means the backup only when its folder
// goes.
#pragma once

#include <optional>
#include <string>

#include "fs/open_file.h"

namespace backshelf {

struct AttributeChange {
  std::optional<std::uint64_t> size;
  std::optional<Timestamp> mtime;
};

// Thread-safe. Every refusal that has a reason worth reading goes into the jobs' problems too.
class Changes {
 public:
  explicit Changes(const ShelfTree& tree) : tree_(tree), parts_(tree.parts()) {}

  // All throw Error (what users see: tools/backshelf.1, DELETING and UPLOADS): kReadOnly inside a
  // backup and on a read-only shelf, kNotPermitted for what is protected, switched off or fixed,
  // kNotFound, kNotEmpty, kAccess for files that have no place here.
  [[nodiscard]] std::unique_ptr<OpenFile> create(const NodeId& parent, const std::string& name);
  void unlink(const NodeId& parent, const std::string& name, std::stop_token stop);
  void rmdir(const NodeId& parent, const std::string& name, std::stop_token stop);
  struct Rename {
    NodeId from, to;
    std::string from_name, to_name;
    bool no_replace = false;
  };
  void rename(const Rename& wanted, std::stop_token stop);
  // At the top: a backup of this name begins soon (NewBackup). Elsewhere as make_other().
  [[nodiscard]] Node mkdir(const NodeId& parent, const std::string& name);
  // A folder, link or special file: nothing of the kind can be made.
  [[noreturn]] void make_other(const NodeId& parent, const std::string& name);
  void set_attributes(const NodeId& id, const AttributeChange& change);

 private:
  void check_changeable(const NodeId& parent) const;
  void check_may_go(const Backup& backup) const;
  [[nodiscard]] FolderAttr visible_child(const NodeId& parent, const std::string& name,
                                         std::stop_token stop) const;
  void remove_backup(const Backup& backup);
  void remove_inner_folder(const NodeId& parent, const std::string& name, std::stop_token stop);
  void rename_backup(const Rename& wanted, const std::string& place);
  void remove_object(const std::string& place, const std::string& name);
  void run_as_control(const std::string& scratch);

  const ShelfTree& tree_;
  const ShelfParts& parts_;
};

}  // namespace backshelf
