// Entries as a tar would bring them, for the tests of the tree.
#pragma once

#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/tree/tree.h"

namespace backshelf {

class TreeTest : public ::testing::Test {
 protected:
  void directory(const std::string& path, std::uint32_t mode = 0700) {
    Entry entry;
    entry.type = EntryType::kDirectory;
    entry.path = path;
    entry.mode = mode;
    builder_.add(entry, {});
  }
  void file(const std::string& path, std::uint64_t size = 10) {
    Entry entry;
    entry.path = path;
    entry.mode = 0644;
    entry.size = size;
    BodyLocation body;
    body.data_offset = next_;
    body.stored_size = size;
    next_ += 512 + size;
    builder_.add(entry, body);
  }
  void link(EntryType type, const std::string& path, const std::string& target) {
    Entry entry;
    entry.type = type;
    entry.path = path;
    entry.link_target = target;
    builder_.add(entry, {});
  }
  void hardlink(const std::string& path, const std::string& target) {
    link(EntryType::kHardlink, path, target);
  }
  void build() {
    auto built = builder_.build();
    tree_ = built.tree;
    left_out_ = built.left_out;
  }
  [[nodiscard]] NodeView at(const std::string& path) const {
    const auto index = tree_->find(*RelPath::parse(path));
    if (!index) ADD_FAILURE() << path << " is missing";
    return tree_->node(index.value_or(0));
  }
  [[nodiscard]] bool has(const std::string& path) const {
    return tree_->find(*RelPath::parse(path)).has_value();
  }
  [[nodiscard]] std::string names(const std::string& path) const {
    std::string all;
    const NodeIndex directory = at(path).index;
    for (std::uint32_t i = 0; i < tree_->child_count(directory); ++i) {
      all += concat(tree_->node(tree_->child(directory, i)).name, " ");
    }
    return all;
  }

  TreeBuilder builder_;
  std::uint64_t next_ = 512;
  std::shared_ptr<const Tree> tree_;
  std::vector<std::string> left_out_;
};

}  // namespace backshelf
