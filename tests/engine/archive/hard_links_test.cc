#include "engine/archive/hard_links.h"

#include <gtest/gtest.h>

namespace backshelf {
namespace {

// Entries one behind the other, seen by the tree and by what is told of its links.
class HardLinksTest : public ::testing::Test {
 protected:
  void add(EntryType type, const std::string& path, const std::string& target = "") {
    Entry entry;
    entry.type = type;
    entry.path = path;
    entry.link_target = target;
    entry.mode = 0644;
    BodyLocation body;
    body.header_offset = offset_;
    body.data_offset = offset_ + 512;
    offset_ += 512;
    links_.add(entry, body);
    builder_.add(entry, body);
  }
  // Paths that come before their file.
  std::vector<std::string> too_early() {
    const auto built = builder_.build();
    std::vector<std::string> paths;
    for (const auto& [node, own] : links_.differing(*built.tree)) {
      if (own.comes_too_early) paths.push_back(built.tree->path(node).text());
    }
    return paths;
  }

 private:
  TreeBuilder builder_;
  HardLinks links_;
  std::uint64_t offset_ = 0;
};

TEST_F(HardLinksTest, AFileThatReplacesALinkIsNone) {
  add(EntryType::kFile, "a");
  add(EntryType::kHardlink, "b", "a");
  add(EntryType::kFile, "./b");
  add(EntryType::kHardlink, "c", "b");
  EXPECT_TRUE(too_early().empty());
}

TEST_F(HardLinksTest, ALinkBeforeItsFileIsToldSo) {
  add(EntryType::kHardlink, "b", "a");
  add(EntryType::kFile, "a");
  EXPECT_EQ(too_early(), std::vector<std::string>{"b"});
}

}  // namespace
}  // namespace backshelf
