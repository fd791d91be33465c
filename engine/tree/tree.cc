#include "engine/tree/tree.h"

#include <algorithm>
#include <tuple>

#include "engine/base/error.h"
#include "engine/tree/columns.h"

namespace backshelf {
namespace {

template <typename T>
std::uint64_t bytes_of(const std::vector<T>& column) {
  return column.capacity() * sizeof(T);
}

class ColumnTree final : public Tree {
 public:
  explicit ColumnTree(Columns columns) : columns_(shrunk(std::move(columns))) {
    index_children();
    count_links();
  }

  [[nodiscard]] NodeIndex size() const override { return columns_.size(); }

  [[nodiscard]] NodeView node(NodeIndex index) const override {
    demand(index);
    const Attributes& attributes = columns_.attributes[index];
    NodeView view;
    view.index = index;
    view.parent = columns_.parent[index];
    view.name = columns_.text(columns_.name[index]);
    view.type = attributes.type;
    view.mode = attributes.mode;
    std::tie(view.uid, view.gid) = columns_.owners[attributes.owner];
    view.mtime = attributes.mtime;
    view.size = attributes.size;
    view.link_count = links_[index];
    view.content = columns_.content[index];
    view.readable = attributes.readable;
    if (attributes.extra != kNoRow) {
      const ExtraRow& extra = columns_.extras[attributes.extra];
      view.link_target = columns_.text(extra.link);
      view.device_major = extra.device_major;
      view.device_minor = extra.device_minor;
    }
    return view;
  }

  [[nodiscard]] std::optional<NodeIndex> find_child(NodeIndex directory,
                                                    std::string_view name) const override {
    demand(directory);
    const auto begin = children_.begin() + first_child_[directory];
    const auto end = children_.begin() + first_child_[directory + 1];
    const auto found = std::lower_bound(
        begin, end, name,
        [this](NodeIndex child, std::string_view wanted) { return name_of(child) < wanted; });
    if (found == end || name_of(*found) != name) return std::nullopt;
    return *found;
  }

  [[nodiscard]] std::optional<NodeIndex> find(const RelPath& path) const override {
    std::optional<NodeIndex> here = kRootNode;
    for (const std::string_view part : path.components()) {
      here = find_child(*here, part);
      if (!here) break;
    }
    return here;
  }

  [[nodiscard]] std::uint32_t child_count(NodeIndex directory) const override {
    demand(directory);
    return first_child_[directory + 1] - first_child_[directory];
  }

  [[nodiscard]] NodeIndex child(NodeIndex directory, std::uint32_t position) const override {
    if (position >= child_count(directory)) throw no_such("child");
    return children_[first_child_[directory] + position];
  }

  [[nodiscard]] RelPath path(NodeIndex index) const override {
    demand(index);
    return RelPath::parse(path_text(columns_, index)).value_or(RelPath());
  }

  [[nodiscard]] BodyLocation body(NodeIndex index) const override {
    demand(index);
    const Attributes& attributes = columns_.attributes[index];
    BodyLocation location;
    if (attributes.body == kNoRow) {
      location.complete = attributes.readable;
      return location;
    }
    const BodyRow& row = columns_.bodies[attributes.body];
    location.header_offset = row.header_offset;
    location.data_offset = row.data_offset;
    location.stored_size = row.stored_size;
    location.complete = attributes.readable;
    if (attributes.extra != kNoRow) {
      const ExtraRow& extra = columns_.extras[attributes.extra];
      const auto begin = columns_.extents.begin() + extra.extent_begin;
      location.extents.assign(begin, begin + extra.extent_count);
    }
    return location;
  }

  [[nodiscard]] std::uint64_t memory_bytes() const override {
    return sizeof(*this) + bytes_of(columns_.parent) + bytes_of(columns_.name) +
           bytes_of(columns_.attributes) + bytes_of(columns_.content) + columns_.texts.capacity() +
           bytes_of(columns_.owners) + bytes_of(columns_.bodies) + bytes_of(columns_.extras) +
           bytes_of(columns_.extents) + bytes_of(first_child_) + bytes_of(children_) +
           bytes_of(links_);
  }

 private:
  // What grew by doubling would keep up to half of its memory unused for good.
  static Columns shrunk(Columns columns) {
    columns.parent.shrink_to_fit();
    columns.name.shrink_to_fit();
    columns.attributes.shrink_to_fit();
    columns.content.shrink_to_fit();
    columns.texts.shrink_to_fit();
    columns.bodies.shrink_to_fit();
    columns.extras.shrink_to_fit();
    columns.extents.shrink_to_fit();
    return columns;
  }

  static Error no_such(std::string_view what) {
    return Error(ErrorKind::kNotFound, "look into an archive", concat("no such ", what));
  }
  void demand(NodeIndex index) const {
    if (index >= columns_.size()) throw no_such("node");
  }
  [[nodiscard]] std::string_view name_of(NodeIndex index) const {
    return columns_.text(columns_.name[index]);
  }

  // The children of all directories one after the other, each directory's in order of their names.
  void index_children() {
    const NodeIndex count = columns_.size();
    first_child_.assign(std::size_t{count} + 1, 0);
    for (NodeIndex node = 1; node < count; ++node) ++first_child_[columns_.parent[node] + 1];
    for (NodeIndex node = 0; node < count; ++node) first_child_[node + 1] += first_child_[node];
    children_.resize(count - 1);
    std::vector<std::uint32_t> next(first_child_.begin(), first_child_.end() - 1);
    for (NodeIndex node = 1; node < count; ++node) {
      children_[next[columns_.parent[node]]++] = node;
    }
    const auto by_name = [this](NodeIndex a, NodeIndex b) { return name_of(a) < name_of(b); };
    for (NodeIndex node = 0; node < count; ++node) {
      const auto begin = children_.begin() + first_child_[node];
      const auto end = children_.begin() + first_child_[node + 1];
      // A tar mostly holds them in this order.
      if (!std::is_sorted(begin, end, by_name)) std::sort(begin, end, by_name);
    }
  }

  void count_links() {
    std::vector<std::uint32_t> names(columns_.size(), 0);
    std::vector<std::uint32_t> subdirectories(columns_.size(), 0);
    for (NodeIndex node = 0; node < columns_.size(); ++node) {
      ++names[columns_.content[node]];
      if (node != kRootNode && columns_.is_directory(node)) ++subdirectories[columns_.parent[node]];
    }
    links_.resize(columns_.size());
    for (NodeIndex node = 0; node < columns_.size(); ++node) {
      links_[node] =
          columns_.is_directory(node) ? 2 + subdirectories[node] : names[columns_.content[node]];
    }
  }

  const Columns columns_;
  std::vector<std::uint32_t> first_child_;  // of each node into children_; one more at the end
  std::vector<NodeIndex> children_;
  std::vector<std::uint32_t> links_;
};

}  // namespace

std::shared_ptr<const Tree> make_tree(Columns columns) {
  return std::make_shared<ColumnTree>(std::move(columns));
}

}  // namespace backshelf
