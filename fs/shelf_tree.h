// The tree users see, as answers to "what is called this in there?". Everything above a backup's
// content comes from the catalogue in memory; content is asked of the archive.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "fs/new_backup.h"
#include "fs/node_id.h"
#include "fs/parts.h"

namespace backshelf {

// How long the kernel may believe an answer, in seconds. What lies in a backup never changes; the
// top of it can (PROBLEM.txt after a verify), and so can the shelf, which also sends word.
inline constexpr const char* kAwayName = "AWAY.txt";
inline constexpr double kLongTimeout = 86400.0, kShortTimeout = 1.0, kNoTimeout = 0.0;

struct Node {
  std::uint64_t id = 0;  // packed
  struct stat status {};
  double timeout = kNoTimeout;
};

// Thread-safe.
class ShelfTree {
 public:
  explicit ShelfTree(const ShelfParts& parts);  // borrowed

  struct Found {
    std::optional<Node> node;
    double absent_timeout = kNoTimeout;  // how long the absence may be believed
  };
  // Throws Error as the archive does; kInterrupted on request.
  [[nodiscard]] Found lookup(const NodeId& parent, std::string_view name,
                             std::stop_token stop) const;
  [[nodiscard]] Node get(const NodeId& id, std::stop_token stop) const;  // kNotFound: gone
  [[nodiscard]] std::string link_target(const NodeId& id) const;

  [[nodiscard]] const ShelfParts& parts() const { return parts_; }
  [[nodiscard]] NewBackup& new_backup() const { return *new_backup_; }
  [[nodiscard]] BackupPtr backup(std::uint32_t slot) const;  // kNotFound: gone
  [[nodiscard]] std::shared_ptr<Archive> archive(std::uint32_t slot) const;
  // An entry by the name it is shown under, hidden or not, and that name. Throw as the archive
  // does.
  [[nodiscard]] std::optional<FolderAttr> find_child(const NodeId& folder, std::string_view name,
                                                     std::stop_token stop) const;
  [[nodiscard]] std::string shown_name(std::string_view stored) const;
  // The file that a link is shown as, if it leads to one; nullopt: no link, or none to be shown so.
  [[nodiscard]] std::optional<FolderAttr> shown_target(std::uint32_t slot, const FolderAttr& attr,
                                                       std::stop_token stop) const;
  // Whether an entry is there for its users now.
  [[nodiscard]] bool is_visible(std::uint32_t slot, const FolderAttr& attr) const;
  // Without the report PROBLEM.txt; a part that cannot be read has nothing to see.
  [[nodiscard]] bool has_visible(std::uint32_t slot, FolderId directory,
                                 std::stop_token stop) const;
  // The place of uploads behind a folder: the root or one of locations/. nullopt: no such folder.
  [[nodiscard]] std::optional<std::string> place_of(const NodeId& folder) const;

  [[nodiscard]] Node backup_node(const Backup& backup) const;
  [[nodiscard]] Node content_node(std::uint32_t slot, const FolderAttr& attr,
                                  std::stop_token stop = {}) const;
  [[nodiscard]] Node object_node(const Backup& backup) const;
  [[nodiscard]] Node upload_node(const UploadInfo& upload) const;
  [[nodiscard]] Node new_node(const NewBackup::Info& made) const;
  [[nodiscard]] Node new_status_node(const NewBackup::Info& made) const;
  [[nodiscard]] Node fixed_file(std::uint64_t number) const;
  // Why a location cannot be read, as a file in its folder; nullopt while it can be.
  [[nodiscard]] std::optional<Node> away_file(const std::string& place) const;
  [[nodiscard]] std::string away_text(std::uint64_t number) const;  // kNotFound: it is back
  [[nodiscard]] Node fixed_folder(std::uint64_t number) const;
  // Of the names at the top; 0: none of them.
  [[nodiscard]] static std::uint64_t fixed_number(std::string_view name);

  void shelf_changed();  // the root's mtime is now

 private:
  [[nodiscard]] Found lookup_top(std::string_view name) const;
  [[nodiscard]] Found lookup_place(const std::string& place, std::string_view name) const;
  [[nodiscard]] Found lookup_content(const NodeId& parent, std::string_view name,
                                     std::stop_token stop) const;
  [[nodiscard]] struct stat shown_status(std::uint32_t slot, const FolderAttr& attr,
                                         std::stop_token stop) const;
  [[nodiscard]] double content_timeout(std::uint32_t slot, FolderId entry) const;

  const ShelfParts& parts_;
  const std::unique_ptr<NewBackup> new_backup_;
  Guarded<Timestamp> changed_;
};

}  // namespace backshelf
