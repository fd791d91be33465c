#include "engine/archive/hard_links.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxSeen = 100'000;  // further ones take the attributes of their file

}  // namespace

void HardLinks::add(const Entry& entry, const BodyLocation& body) {
  const bool is_link = entry.type == EntryType::kHardlink;
  if (!is_link && seen_.empty()) return;
  const auto path = RelPath::parse(without_leading_slashes(entry.path));
  if (!path) return;
  seen_.erase(path->text());
  if (!is_link || seen_.size() >= kMaxSeen) return;
  seen_[path->text()] = {body.header_offset,
                         {entry.mode, entry.uid, entry.gid, entry.mtime, false}};
}

std::map<NodeIndex, LinkAttributes> HardLinks::differing(const Tree& tree) const {
  std::map<NodeIndex, LinkAttributes> result;
  for (const auto& [text, link] : seen_) {
    const auto path = RelPath::parse(text);
    const auto node = path ? tree.find(*path) : std::nullopt;
    if (!node || *node == kRootNode) continue;
    const NodeView view = tree.node(*node);
    if (view.link_count < 2) continue;  // it was replaced, or leads nowhere
    LinkAttributes own = link.own;
    own.comes_too_early = view.type == EntryType::kFile && view.readable &&
                          tree.body(view.content).header_offset > link.header_offset;
    if (own.comes_too_early || own.mode != view.mode || own.uid != view.uid ||
        own.gid != view.gid || own.mtime != view.mtime) {
      result[*node] = own;
    }
  }
  return result;
}

}  // namespace backshelf
