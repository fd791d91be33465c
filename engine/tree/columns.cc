#include "engine/tree/columns.h"

namespace backshelf {

void leave_out(Columns& columns, const std::vector<bool>& marked) {
  std::vector<NodeIndex> moved(columns.size(), kNoRow), content(columns.size(), kNoRow);
  NodeIndex next = 0;
  for (NodeIndex node = 0; node < columns.size(); ++node) {
    const NodeIndex parent = node == kRootNode ? kRootNode : moved[columns.parent[node]];
    if (marked[node] || parent == kNoRow) continue;
    NodeIndex& shared = content[columns.content[node]];
    if (shared == kNoRow) shared = next;
    columns.content[next] = shared;
    columns.parent[next] = parent;
    columns.name[next] = columns.name[node];
    columns.attributes[next] = columns.attributes[node];
    moved[node] = next++;
  }
  columns.parent.resize(next);
  columns.name.resize(next);
  columns.attributes.resize(next);
  columns.content.resize(next);
}

std::string path_text(const Columns& columns, NodeIndex index) {
  std::vector<std::string_view> names;
  for (; index != kRootNode; index = columns.parent[index]) {
    names.push_back(columns.text(columns.name[index]));
  }
  std::string text;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    if (!text.empty()) text += '/';
    text += *name;
  }
  return text;
}

}  // namespace backshelf
