// How what lies in a backup is shown: under which name, and links as what.
#include "engine/base/error.h"
#include "fs/shelf_tree.h"
#include "fs/windows_names.h"

namespace backshelf {
namespace {

constexpr std::uint32_t kLinkTextMode = 0644;

}  // namespace

std::string ShelfTree::shown_name(std::string_view stored) const {
  return parts_.how.windows_names ? windows_name(stored) : std::string(stored);
}

std::optional<FolderAttr> ShelfTree::find_child(const NodeId& folder, std::string_view name,
                                                std::stop_token stop) const {
  const std::shared_ptr<Archive> opened = archive(folder.slot);
  if (!parts_.how.windows_names) return opened->find_child(folder.entry, name, std::move(stop));
  if (const auto stored = stored_name(name)) {
    auto found = opened->find_child(folder.entry, *stored, stop);
    if (found || !is_cut_name(name)) return found;
  }
  if (!is_cut_name(name)) return std::nullopt;
  const std::uint32_t count = opened->child_count(folder.entry, std::move(stop));
  for (std::uint32_t position = 0; position < count; ++position) {
    const FolderChild child = opened->child(folder.entry, position);
    if (windows_name(child.name) == name) return child.attr;
  }
  return std::nullopt;
}

std::optional<FolderAttr> ShelfTree::shown_target(std::uint32_t slot, const FolderAttr& attr,
                                                  std::stop_token stop) const {
  if (attr.type != EntryType::kSymlink || parts_.how.symlinks != SymlinkPolicy::kFile) {
    return std::nullopt;
  }
  try {
    return archive(slot)->follow(attr.id, std::move(stop));
  } catch (const Error& error) {  // isolation: the part it leads to cannot be read
    if (error.kind() == ErrorKind::kInterrupted) throw;
    return std::nullopt;
  }
}

struct stat ShelfTree::shown_status(std::uint32_t slot, const FolderAttr& attr,
                                    std::stop_token stop) const {
  if (attr.type != EntryType::kSymlink || parts_.how.symlinks != SymlinkPolicy::kFile) {
    return entry_status(attr, parts_.how);
  }
  FolderAttr shown = attr;
  shown.mode = kLinkTextMode;
  if (const auto target = shown_target(slot, attr, std::move(stop))) shown = *target;
  shown.link_count = 1;
  return entry_status(shown, parts_.how);
}

}  // namespace backshelf
