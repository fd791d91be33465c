#include <algorithm>
#include <map>
#include <unordered_map>

#include "engine/base/error.h"
#include "engine/tree/child_table.h"
#include "engine/tree/columns.h"
#include "engine/tree/entry_rules.h"
#include "engine/tree/tree.h"

namespace backshelf {
namespace {

// What a hostile archive can make a tree cost: about 1.5 GiB. The largest homes hold a tenth.
constexpr NodeIndex kMaxNodes = 6'000'000;
constexpr std::uint64_t kMaxTextBytes = 512 * kMiB;
constexpr std::size_t kMaxExtents = 4'000'000;
constexpr std::size_t kMaxLinkTargetBytes = 4095;  // PATH_MAX: a kernel shows no longer one
constexpr int kMaxLinkChain = 40;                  // hard links to hard links that come later
constexpr std::size_t kMaxNotedPathBytes = 1024;
constexpr const char* kFull = "the archive holds more entries than can be shown";
constexpr std::uint32_t kModeBits = 07777;
constexpr std::uint32_t kMadeDirectoryMode = 0755;

}  // namespace

struct TreeBuilder::State {
  Columns columns;
  ChildTable table{columns};
  std::vector<bool> replaced;
  bool any_replaced = false;
  std::map<std::pair<std::int64_t, std::int64_t>, std::uint32_t> owner_rows;
  std::vector<NodeIndex> waiting;  // hard links whose target had not come yet
  std::vector<std::string> notes;
  RelPath last_parent_path;  // entries of one directory mostly follow each other
  NodeIndex last_parent = kRootNode;
  std::uint32_t last_owner = 0;

  State() {
    Attributes root;
    root.mode = kMadeDirectoryMode;
    root.owner = owner_row(0, 0);
    append(kRootNode, {}, root);
  }

  void note(std::string_view path, std::string_view why) {
    if (notes.size() >= kMaxNotes) return;
    notes.push_back(concat(path.substr(0, kMaxNotedPathBytes), ": ", why));
  }

  [[nodiscard]] std::uint32_t owner_row(std::int64_t uid, std::int64_t gid) {
    // Mostly that of the entry before.
    if (!columns.owners.empty() && columns.owners[last_owner] == std::pair{uid, gid}) {
      return last_owner;
    }
    const auto [row, added] =
        owner_rows.try_emplace({uid, gid}, static_cast<std::uint32_t>(columns.owners.size()));
    if (added) columns.owners.emplace_back(uid, gid);
    return last_owner = row->second;
  }

  [[nodiscard]] TextRef keep_text(std::string_view text) {
    const TextRef ref{static_cast<std::uint32_t>(columns.texts.size()),
                      static_cast<std::uint32_t>(text.size())};
    columns.texts += text;
    return ref;
  }

  NodeIndex append(NodeIndex parent, std::string_view name, const Attributes& attributes) {
    const NodeIndex node = columns.size();
    columns.parent.push_back(parent);
    columns.name.push_back(keep_text(name));
    columns.attributes.push_back(attributes);
    columns.content.push_back(node);
    replaced.push_back(false);
    return node;
  }

  [[nodiscard]] bool full() const {
    return columns.size() >= kMaxNodes || columns.texts.size() >= kMaxTextBytes ||
           columns.extents.size() >= kMaxExtents;
  }

  // The directory of that path, made where missing; kNoRow when something else is in the way, or
  // no room is left.
  [[nodiscard]] NodeIndex directory_at(const RelPath& path) {
    if (path == last_parent_path) return last_parent;
    NodeIndex here = kRootNode;
    for (const std::string_view part : path.components()) {
      const ChildTable::Place place = table.look(here, part);
      NodeIndex next = place.node;
      if (next == kNoRow && !full()) {
        Attributes made;
        made.mode = kMadeDirectoryMode;
        made.owner = owner_row(0, 0);
        next = append(here, part, made);
        table.put(place, next);
      }
      if (next == kNoRow || !columns.is_directory(next)) return kNoRow;
      here = next;
    }
    last_parent_path = path;
    last_parent = here;
    return here;
  }

  [[nodiscard]] NodeIndex find(std::string_view text) const {
    const std::optional<RelPath> path = RelPath::parse(without_leading_slashes(text));
    if (!path) return kNoRow;
    NodeIndex here = kRootNode;
    for (const std::string_view part : path->components()) {
      here = table.find(here, part);
      if (here == kNoRow) break;
    }
    return here;
  }

  [[nodiscard]] std::uint32_t keep_extra(const Entry& entry, const BodyLocation& body) {
    const bool device =
        entry.type == EntryType::kCharDevice || entry.type == EntryType::kBlockDevice;
    const bool link = entry.type == EntryType::kSymlink || entry.type == EntryType::kHardlink;
    const bool sparse = entry.type == EntryType::kFile && !body.extents.empty();
    if (!device && !link && !sparse) return kNoRow;
    ExtraRow extra;
    if (link) extra.link = keep_text(entry.link_target);
    if (device) extra.device_major = entry.device_major;
    if (device) extra.device_minor = entry.device_minor;
    if (sparse) {
      extra.extent_begin = static_cast<std::uint32_t>(columns.extents.size());
      extra.extent_count = static_cast<std::uint32_t>(body.extents.size());
      columns.extents.insert(columns.extents.end(), body.extents.begin(), body.extents.end());
    }
    columns.extras.push_back(extra);
    return static_cast<std::uint32_t>(columns.extras.size() - 1);
  }

  [[nodiscard]] Attributes attributes_of(const Entry& entry, const BodyLocation& body) {
    Attributes attributes;
    attributes.mtime = entry.mtime;
    attributes.owner = owner_row(entry.uid, entry.gid);
    attributes.mode = static_cast<std::uint16_t>(entry.mode & kModeBits);
    attributes.type = entry.type;
    if (entry.type != EntryType::kFile) {
      attributes.extra = keep_extra(entry, body);
      if (entry.type == EntryType::kSymlink) attributes.size = entry.link_target.size();
      return attributes;
    }
    attributes.size = entry.size;
    attributes.readable = body.complete && is_sensible(body, entry.size);
    if (!is_sensible(body, entry.size)) return attributes;
    attributes.extra = keep_extra(entry, body);
    attributes.body = static_cast<std::uint32_t>(columns.bodies.size());
    columns.bodies.push_back({body.header_offset, body.data_offset, body.stored_size});
    return attributes;
  }

  // Puts the entry under its name, instead of what had that name. A directory that comes again
  // keeps its children and its index.
  NodeIndex place(NodeIndex parent, std::string_view name, Attributes attributes) {
    const ChildTable::Place in_table = table.look(parent, name);
    const NodeIndex old = in_table.node;
    if (old != kNoRow && columns.is_directory(old)) {
      if (attributes.type == EntryType::kDirectory) {
        columns.attributes[old] = attributes;
        return old;
      }
      last_parent_path = RelPath();  // it may lie below the directory that goes
      last_parent = kRootNode;
    }
    if (old != kNoRow) any_replaced = replaced[old] = true;
    const NodeIndex node = append(parent, name, attributes);
    table.put(in_table, node);
    return node;
  }

  void link(NodeIndex node, NodeIndex target) {
    columns.attributes[node] = columns.attributes[target];
    columns.content[node] = columns.content[target];
  }

  // Before the link takes its name, so that a link to itself keeps the content it had.
  void add_hardlink(const Entry& entry, const BodyLocation& body, NodeIndex parent,
                    std::string_view name) {
    const NodeIndex target = find(entry.link_target);
    if (target != kNoRow && columns.is_directory(target)) {
      return note(entry.path, "a hard link to a directory");
    }
    const bool known = target != kNoRow && columns.attributes[target].type != EntryType::kHardlink;
    if (known) return link(place(parent, name, columns.attributes[target]), target);
    waiting.push_back(place(parent, name, attributes_of(entry, body)));
  }

  void add(const Entry& entry, const BodyLocation& body) {
    if (const auto name =
            name_below(last_parent_path.text(), without_leading_slashes(entry.path))) {
      if (full()) return note(entry.path, kFull);
      if (is_addable(entry, body)) put_below(last_parent, *name, entry, body);
      return;
    }
    const std::optional<RelPath> path = RelPath::parse(without_leading_slashes(entry.path));
    if (!path) return note(entry.path, "not a path inside the archive, or too long or deep");
    if (full()) return note(entry.path, kFull);
    if (path->is_root()) {
      if (entry.type != EntryType::kDirectory) return note(entry.path, "it has no name");
      columns.attributes[kRootNode] = attributes_of(entry, body);
      return;
    }
    if (!is_addable(entry, body)) return;
    const NodeIndex parent = directory_at(path->parent());
    if (parent == kNoRow) return note(entry.path, "it lies below something that is no directory");
    put_below(parent, path->name(), entry, body);
  }

  // Notes why not.
  [[nodiscard]] bool is_addable(const Entry& entry, const BodyLocation& body) {
    if (entry.type == EntryType::kSymlink && (entry.link_target.size() > kMaxLinkTargetBytes ||
                                              entry.link_target.find('\0') != std::string::npos)) {
      note(entry.path, "a symbolic link with an impossible target");
      return false;
    }
    if (body.extents.size() <= kMaxExtents) return true;
    note(entry.path, "a file in too many pieces");
    return false;
  }

  void put_below(NodeIndex parent, std::string_view name, const Entry& entry,
                 const BodyLocation& body) {
    if (entry.type == EntryType::kHardlink) return add_hardlink(entry, body, parent, name);
    (void)place(parent, name, attributes_of(entry, body));
  }

  [[nodiscard]] std::string_view link_text(NodeIndex node) const {
    return columns.text(columns.extras[columns.attributes[node].extra].link);
  }

  // Links to what came later, link to link; whatever leads nowhere is a file without content.
  void resolve_waiting() {
    std::unordered_map<NodeIndex, NodeIndex> targets;
    for (const NodeIndex node : waiting) targets[node] = find(link_text(node));
    for (const NodeIndex node : waiting) {
      NodeIndex target = targets[node];
      for (int step = 0; step < kMaxLinkChain && is_waiting(target); ++step) {
        target = targets[target];
      }
      const bool found = target != kNoRow && !is_waiting(target) && !columns.is_directory(target);
      if (found) link(node, target);
    }
    for (const NodeIndex node : waiting) {
      if (!is_waiting(node)) continue;
      if (!replaced[node]) {
        note(path_text(columns, node),
             concat("a hard link to ", link_text(node).substr(0, kMaxNotedPathBytes),
                    ", which is not there"));
      }
      Attributes& attributes = columns.attributes[node];
      attributes.type = EntryType::kFile;
      attributes.readable = false;
      attributes.extra = kNoRow;
    }
  }

  [[nodiscard]] bool is_waiting(NodeIndex node) const {
    return node != kNoRow && columns.attributes[node].type == EntryType::kHardlink;
  }
};

TreeBuilder::TreeBuilder() : state_(std::make_unique<State>()) {}
TreeBuilder::~TreeBuilder() = default;

void TreeBuilder::add(const Entry& entry, const BodyLocation& body) {
  state_->add(entry, body);
}

TreeBuilder::Built TreeBuilder::build() {
  state_->resolve_waiting();
  // Links to what came later: their first name is known only now.
  if (state_->any_replaced || !state_->waiting.empty()) {
    leave_out(state_->columns, state_->replaced);
  }
  return {make_tree(std::move(state_->columns)), std::move(state_->notes)};
}

}  // namespace backshelf
