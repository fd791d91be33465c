// Where a symbolic link inside an archive leads to.
#include <algorithm>

#include "engine/archive/archive_impl.h"
#include "engine/base/error.h"

namespace backshelf {
namespace {

// As many as Linux follows in one path.
constexpr int kMaxLinks = 40;

// The components still to go, the next one last.
using Steps = std::vector<std::string>;

void put_before(std::string_view path, Steps& steps) {
  Steps front;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0) front.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  steps.insert(steps.end(), front.rbegin(), front.rend());
}

}  // namespace

std::vector<FolderId> ArchiveImpl::folders_above(FolderId id, std::stop_token stop) const {
  const Place at = place(id, std::move(stop));
  std::vector<FolderId> folders;
  NodeIndex node = at.node;
  while (node != at.content.root) {
    node = at.content.tree->node(node).parent;
    folders.push_back({id.slot, node == at.content.root ? kRootNode : node});
  }
  if (member(id.slot).place().is_app) folders.push_back({0, kApps});
  folders.push_back(kRoot);
  std::reverse(folders.begin(), folders.end());
  return folders;
}

std::optional<FolderAttr> ArchiveImpl::follow(FolderId link, std::stop_token stop) {
  if (link.slot == 0) return std::nullopt;
  std::vector<FolderId> folders = folders_above(link, stop);
  Steps steps;
  FolderId next = link;
  int links = 0;
  for (;;) {
    const std::string target = link_target(next);
    if (++links > kMaxLinks) return std::nullopt;
    if (target.starts_with('/')) folders.assign(1, kRoot);
    put_before(target, steps);
    std::optional<FolderAttr> found = walk(folders, steps, stop);
    if (!found || found->type == EntryType::kFile) return found;
    next = found->id;
  }
}

// Goes on to the end, or to the first link, which it returns; nullopt: that path is no file here.
std::optional<FolderAttr> ArchiveImpl::walk(std::vector<FolderId>& folders,
                                            std::vector<std::string>& steps,
                                            const std::stop_token& stop) {
  while (!steps.empty()) {
    const std::string name = std::move(steps.back());
    steps.pop_back();
    if (name == ".") continue;
    if (name == "..") {
      folders.pop_back();
      if (folders.empty()) return std::nullopt;
      continue;
    }
    std::optional<FolderAttr> found = find_child(folders.back(), name, stop);
    if (!found) return std::nullopt;
    if (found->type == EntryType::kSymlink) return found;
    if (found->type == EntryType::kFile && steps.empty()) return found;
    if (found->type != EntryType::kDirectory) return std::nullopt;
    folders.push_back(found->id);
  }
  return std::nullopt;
}

}  // namespace backshelf
