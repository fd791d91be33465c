// room: tree
// Whatever entries come: the tree is one, every node is found by its path, hard links share bodies.
#include <cstdlib>

#include "engine/tree/tree.h"

namespace {

using namespace backshelf;

// Short fields divided by 0xff: type, path, link target, one number.
std::string field(std::string_view& data) {
  const std::size_t end = data.find('\xff');
  const std::string text(data.substr(0, end));
  data.remove_prefix(end == std::string_view::npos ? data.size() : end + 1);
  return text;
}

void demand(bool holds) {
  if (!holds) std::abort();
}

void check(const Tree& tree) {
  for (NodeIndex index = 0; index < tree.size(); ++index) {
    const NodeView node = tree.node(index);
    demand(tree.find(tree.path(index)) == index);
    demand(node.parent <= index && node.link_count > 0 && node.content < tree.size());
    demand(node.type != EntryType::kHardlink);
    demand(tree.node(node.parent).type == EntryType::kDirectory);
    demand(tree.node(node.content).size == node.size);
    for (std::uint32_t i = 0; i < tree.child_count(index); ++i) {
      const NodeView child = tree.node(tree.child(index, i));
      demand(child.parent == index);
      demand(i == 0 || tree.node(tree.child(index, i - 1)).name < child.name);
    }
    (void)tree.body(index);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  TreeBuilder builder;
  while (!rest.empty()) {
    Entry entry;
    const auto kind = static_cast<unsigned char>(rest.front());
    entry.type = static_cast<EntryType>(kind % 7);
    rest.remove_prefix(1);
    entry.path = field(rest);
    entry.link_target = field(rest);
    BodyLocation body;
    entry.size = body.stored_size = rest.size() * kind;
    if (kind > 128) body.extents = {{kind, rest.size() * kind, rest.size()}};
    builder.add(entry, body);
  }
  check(*builder.build().tree);
  return 0;
}
