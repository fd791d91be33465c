#include "engine/archive/member_content.h"

namespace backshelf {
namespace {

// Whether the path can be one of those that decide: they are short and at the top.
bool is_near_top(std::string_view path) {
  constexpr std::size_t kLongest = 32;
  return path.size() <= kLongest;
}

}  // namespace

Entry in_one_spelling(Entry entry) {
  while (entry.path.size() > 1 && entry.path.ends_with('/')) entry.path.pop_back();
  return entry;
}

void RootEntries::add(const Entry& entry) {
  if (data && !is_near_top(entry.path)) return;
  const auto path = RelPath::parse(without_leading_slashes(entry.path));
  if (!path) return;
  if (path->is_root() && entry.type == EntryType::kDirectory) root = entry;
  if (path->text() == "data" && entry.type == EntryType::kDirectory) data = entry;
  if (path->text() == "homeassistant.json" && entry.type == EntryType::kFile) core_json = entry;
  if (!data && path->text() != "data") data_is_first = false;
}

bool data_is_config(bool has_core_json, std::optional<int> version, bool only_data) {
  return has_core_json || version.value_or(0) >= 2 || only_data;
}

void ContentBuilder::add(const Entry& entry, const BodyLocation& body) {
  roots_.add(entry);
  links_.add(entry, body);
  tree_.add(entry, body);
}

std::shared_ptr<MemberContent> ContentBuilder::build(const ScanOutcome& scanned, bool is_config,
                                                     std::optional<int> version) {
  TreeBuilder::Built built = tree_.build();
  auto content = std::make_shared<MemberContent>();
  content->tar = scanned.tar;
  content->tree = std::move(built.tree);
  content->left_out = std::move(built.left_out);
  content->root_entry = roots_.root;
  content->from_index = scanned.from_index;
  const Tree& tree = *content->tree;
  content->memory_bytes = scanned.index_bytes + tree.memory_bytes();
  content->links = links_.differing(tree);
  if (!is_config) return content;
  content->core_json = tree.find_child(kRootNode, "homeassistant.json");
  const auto data = tree.find_child(kRootNode, "data");
  if (data && tree.node(*data).type == EntryType::kDirectory &&
      data_is_config(content->core_json.has_value(), version, tree.child_count(kRootNode) == 1)) {
    content->root = *data;
    content->root_entry = roots_.data;
  }
  return content;
}

}  // namespace backshelf
