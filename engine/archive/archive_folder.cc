#include <algorithm>

#include "engine/archive/archive_impl.h"
#include "engine/base/error.h"

namespace backshelf {
namespace {

constexpr std::uint32_t kOwnDirectoryMode = 0750;
constexpr std::uint32_t kOwnFileMode = 0640;
constexpr std::uint32_t kShownModeBits = 0777;  // setuid, setgid and sticky are never shown
constexpr std::string_view kProblemName = "PROBLEM.txt";
constexpr std::string_view kAppsName = "apps";
constexpr std::string_view kCoreJsonName = "homeassistant.json";

std::uint64_t content_key(FolderId id) {
  return std::uint64_t{id.slot} << 32 | id.node;
}

FolderAttr generated(FolderId id, EntryType type, Timestamp mtime, std::uint64_t size) {
  FolderAttr attr;
  attr.id = id;
  attr.type = type;
  attr.mode = type == EntryType::kDirectory ? kOwnDirectoryMode : kOwnFileMode;
  attr.generated = true;
  attr.mtime = mtime;
  attr.size = size;
  attr.link_count = type == EntryType::kDirectory ? 2 : 1;
  attr.content_key = content_key(id);
  return attr;
}

void copy_entry(const Entry& entry, FolderAttr& attr) {
  attr.mode = entry.mode & kShownModeBits;
  attr.uid = entry.uid;
  attr.gid = entry.gid;
  attr.mtime = entry.mtime;
  attr.generated = false;
}

std::size_t copy_part(ByteView bytes, std::uint64_t offset, ByteSpan out) {
  if (offset >= bytes.size()) return 0;
  const ByteView rest = bytes.subspan(static_cast<std::size_t>(offset));
  const std::size_t count = std::min(rest.size(), out.size());
  std::copy_n(rest.begin(), count, out.begin());
  return count;
}

}  // namespace

Member& ArchiveImpl::member(std::uint32_t slot) const {
  if (slot == 0 || slot > members_.size()) {
    throw Error(ErrorKind::kNotFound, facts_.file_name, "there is no such entry");
  }
  return *members_[slot - 1];
}

Member* ArchiveImpl::core_member() const {
  for (const auto& member : members_) {
    if (member->place().is_config && member->is_shown()) return member.get();
  }
  return nullptr;
}

std::optional<FolderAttr> ArchiveImpl::core_json_attr() const {
  Member* core = core_member();
  if (core == nullptr) return std::nullopt;
  FolderAttr attr = generated({0, kCoreJson}, EntryType::kFile, {}, 0);
  if (const Member::Content* content = core->content_if_known()) {
    if (!content->core_json) return std::nullopt;
    const NodeView view = content->tree->node(*content->core_json);
    if (view.type != EntryType::kFile) return std::nullopt;
    attr.mode = view.mode & kShownModeBits;
    attr.uid = view.uid;
    attr.gid = view.gid;
    attr.mtime = view.mtime;
    attr.size = view.size;
    attr.generated = false;
    return attr;
  }
  const auto entry = core->core_json_entry();
  if (!entry) return std::nullopt;
  copy_entry(*entry, attr);
  attr.size = entry->size;
  return attr;
}

std::vector<ArchiveImpl::OwnChild> ArchiveImpl::own_children(NodeIndex directory) const {
  std::vector<OwnChild> children;
  if (directory != kTop && directory != kApps) return children;
  const bool apps = directory == kApps;
  bool any_app = false;
  if (!apps && !facts_.metadata_name.empty()) {
    children.push_back({facts_.metadata_name, {0, kMetadataFile}});
  }
  for (std::uint32_t i = 0; i < members_.size(); ++i) {
    if (!members_[i]->is_shown()) continue;
    any_app = any_app || members_[i]->place().is_app;
    if (members_[i]->place().is_app == apps) children.push_back({part_names_[i], {i + 1, 0}});
  }
  if (apps) return children;
  if (any_app) children.push_back({kAppsName, {0, kApps}});
  if (core_json_attr()) children.push_back({kCoreJsonName, {0, kCoreJson}});
  // At the end: it comes and goes with what is found, and moves no other child by that.
  if (!problems().empty()) children.push_back({kProblemName, {0, kProblemFile}});
  return children;
}

FolderAttr ArchiveImpl::own_attr(NodeIndex node) const {
  const FolderId id{0, node};
  Timestamp made = facts_.metadata_mtime;
  if (facts_.metadata) {
    if (const auto date = parse_iso8601(facts_.metadata->date)) made = to_timestamp(*date);
  }
  switch (node) {
    case kTop: {  // known without opening a member; how many directories it has is not
      FolderAttr attr = generated(id, EntryType::kDirectory, made, 0);
      attr.link_count = 1;
      return attr;
    }
    case kApps: {
      FolderAttr attr = generated(id, EntryType::kDirectory, made, 0);
      attr.link_count += static_cast<std::uint32_t>(own_children(kApps).size());
      return attr;
    }
    case kMetadataFile:
      return generated(id, EntryType::kFile, facts_.metadata_mtime, facts_.metadata_bytes.size());
    case kProblemFile:
      return generated(id, EntryType::kFile, made, problem_text().size());
    case kCoreJson:
      if (auto attr = core_json_attr()) return *attr;
      [[fallthrough]];
    default:
      throw Error(ErrorKind::kNotFound, facts_.file_name, "there is no such entry");
  }
}

FolderAttr ArchiveImpl::part_attr(std::uint32_t slot) const {
  const Member& part = member(slot);
  FolderAttr attr =
      generated({slot, kRootNode}, EntryType::kDirectory, part.facts().outer.mtime, 0);
  if (const auto entry = part.root_entry()) copy_entry(*entry, attr);
  if (const Member::Content* content = part.content_if_known()) {
    attr.link_count = content->tree->node(content->root).link_count;
  }
  return attr;
}

FolderAttr ArchiveImpl::node_attr(std::uint32_t slot, const Member::Content& at,
                                  const NodeView& view) const {
  FolderAttr attr;
  attr.id = {slot, view.index};
  attr.type = view.type;
  attr.mode = view.mode & kShownModeBits;
  attr.uid = view.uid;
  attr.gid = view.gid;
  attr.mtime = view.mtime;
  attr.size = view.type == EntryType::kSymlink ? view.link_target.size() : view.size;
  attr.link_count = view.link_count;
  const auto& links = at.links;
  if (const auto link = links.find(view.index); link != links.end()) {
    attr.mode = link->second.mode & kShownModeBits;
    attr.uid = link->second.uid;
    attr.gid = link->second.gid;
    attr.mtime = link->second.mtime;
  }
  attr.content_key = content_key({slot, view.content});
  return attr;
}

ArchiveImpl::Place ArchiveImpl::place(FolderId id, std::stop_token stop) const {
  const Member::Content& content = member(id.slot).content(std::move(stop));
  const NodeIndex node = id.node == kRootNode ? content.root : id.node;
  if (node >= content.tree->size()) {
    throw Error(ErrorKind::kNotFound, facts_.file_name, "there is no such entry");
  }
  return {content, node};
}

FolderAttr ArchiveImpl::attr(FolderId id, std::stop_token stop) {
  if (id == kRoot) return own_attr(kTop);
  check(stop);
  if (id.slot == 0) return own_attr(id.node);
  if (id.node == kRootNode) return part_attr(id.slot);
  const Place at = place(id, std::move(stop));
  return node_attr(id.slot, at.content, at.content.tree->node(at.node));
}

std::optional<FolderAttr> ArchiveImpl::find_child(FolderId directory, std::string_view name,
                                                  std::stop_token stop) {
  check(stop);
  if (directory.slot == 0) {
    for (const OwnChild& child : own_children(directory.node)) {
      if (child.name == name) return attr(child.id, std::move(stop));
    }
    return std::nullopt;
  }
  const Place at = place(directory, std::move(stop));
  const auto child = at.content.tree->find_child(at.node, name);
  if (!child) return std::nullopt;
  return node_attr(directory.slot, at.content, at.content.tree->node(*child));
}

std::optional<FolderAttr> ArchiveImpl::find(const RelPath& path, std::stop_token stop) {
  std::optional<FolderAttr> found = attr(kRoot, stop);
  for (const std::string_view name : path.components()) {
    if (found->type != EntryType::kDirectory) return std::nullopt;
    found = find_child(found->id, name, stop);
    if (!found) return std::nullopt;
  }
  return found;
}

std::uint32_t ArchiveImpl::child_count(FolderId directory, std::stop_token stop) {
  check(stop);
  if (directory.slot == 0) {
    return static_cast<std::uint32_t>(own_children(directory.node).size());
  }
  const Place at = place(directory, std::move(stop));
  return at.content.tree->child_count(at.node);
}

FolderChild ArchiveImpl::child(FolderId directory, std::uint32_t position) {
  if (directory.slot == 0) {
    const std::vector<OwnChild> children = own_children(directory.node);
    // PROBLEM.txt may have gone since its position was counted; its text is then a short one.
    if (position >= children.size()) return {kProblemName, own_attr(kProblemFile)};
    return {children[position].name, attr(children[position].id, {})};
  }
  const Place at = place(directory, {});
  const NodeView view = at.content.tree->node(at.content.tree->child(at.node, position));
  return {view.name, node_attr(directory.slot, at.content, view)};
}

std::string ArchiveImpl::link_target(FolderId id) {
  if (id.slot == 0) throw Error(ErrorKind::kInvalid, facts_.file_name, "it is no symbolic link");
  const Place at = place(id, {});
  const NodeView view = at.content.tree->node(at.node);
  if (view.type != EntryType::kSymlink) {
    throw Error(ErrorKind::kInvalid, std::string(view.name), "it is no symbolic link");
  }
  return std::string(view.link_target);
}

std::size_t ArchiveImpl::read(FolderId file, std::uint64_t offset, ByteSpan out,
                              std::stop_token stop) {
  check(stop);
  if (file.slot != 0) return member(file.slot).read(file.node, offset, out, std::move(stop));
  switch (file.node) {
    case kMetadataFile:
      return copy_part(facts_.metadata_bytes, offset, out);
    case kProblemFile:
      return copy_part(as_bytes(problem_text()), offset, out);
    case kCoreJson:
      if (Member* core = core_member()) {
        const Member::Content& content = core->content(stop);
        if (content.core_json) return core->read(*content.core_json, offset, out, stop);
      }
      throw Error(ErrorKind::kNotFound, facts_.file_name, "there is no such entry");
    default:
      throw Error(ErrorKind::kInvalid, facts_.file_name, "it is a directory");
  }
}

}  // namespace backshelf
