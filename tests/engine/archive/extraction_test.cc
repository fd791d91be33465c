#include "engine/archive/extraction.h"

#include <gtest/gtest.h>

#include <set>

#include "engine/archive/repair_archive.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

// A backup of one part in memory: node 1… of slot 1, in the order in which they were added.
class FakeArchive final : public Archive {
 public:
  FakeArchive() { directory(kNone, "top"); }

  NodeIndex directory(NodeIndex parent, const std::string& name) {
    FolderAttr attr;
    attr.type = EntryType::kDirectory;
    attr.mode = 0750;
    return put(parent, name, attr, {});
  }
  NodeIndex file(NodeIndex parent, const std::string& name, const std::string& content) {
    FolderAttr attr;
    attr.mode = 0640;
    attr.size = content.size();
    return put(parent, name, attr, content);
  }
  void link(NodeIndex parent, const std::string& name, NodeIndex content) {
    Node& first = nodes_.at(content);
    FolderAttr attr = first.attr;
    attr.link_count = 2;
    first.attr.link_count = 2;
    put(parent, name, attr, first.content, first.attr.content_key);
  }
  void fail(NodeIndex node, ErrorKind kind) { failing_.emplace(node, kind); }
  [[nodiscard]] FolderAttr top() const { return nodes_.at(0).attr; }

  [[nodiscard]] FolderAttr attr(FolderId id, std::stop_token) override {
    return nodes_.at(id.node).attr;
  }
  [[nodiscard]] std::uint32_t child_count(FolderId id, std::stop_token) override {
    return static_cast<std::uint32_t>(nodes_.at(id.node).children.size());
  }
  [[nodiscard]] FolderChild child(FolderId id, std::uint32_t position) override {
    const Node& node = nodes_.at(nodes_.at(id.node).children.at(position));
    return {node.name, node.attr};
  }
  [[nodiscard]] std::size_t read(FolderId id, std::uint64_t offset, ByteSpan out,
                                 std::stop_token) override {
    const auto failure = failing_.find(id.node);
    if (failure != failing_.end()) throw Error(failure->second, "read", "as the test wants");
    const ByteView content = as_bytes(nodes_.at(id.node).content);
    const ByteView rest = content.subspan(static_cast<std::size_t>(offset));
    const std::size_t count = std::min({rest.size(), out.size(), std::size_t{100'000}});
    std::copy_n(rest.begin(), count, out.begin());
    return count;
  }

  [[nodiscard]] std::uint64_t size() const override { return 0; }
  [[nodiscard]] const OuterTable& outer() const override { return table_; }
  [[nodiscard]] const Metadata* metadata() const override { return nullptr; }
  [[nodiscard]] ByteView metadata_bytes() const override { return {}; }
  [[nodiscard]] bool is_protected() const override { return false; }
  [[nodiscard]] std::uint64_t memory_bytes() const override { return 0; }
  [[nodiscard]] State state() const override { return State::kOk; }
  [[nodiscard]] std::string problem() const override { return {}; }
  [[nodiscard]] std::vector<MemberInfo> members() const override { return {}; }
  void check(std::stop_token) override {}
  void verify(const OnPass&, std::stop_token) override {}
  [[nodiscard]] std::unique_ptr<EarlierContent> segments_for(Level) override { return nullptr; }
  ExportReport export_to(const ExportPlan&, const ExportTarget&, const OnPass&,
                         std::stop_token) override {
    return {};
  }
  RepairReport repair_to(const RepairPlan&, const ExportTarget&, const OnPass&,
                         std::stop_token) override {
    return {};
  }
  [[nodiscard]] std::optional<FolderAttr> find_child(FolderId, std::string_view,
                                                     std::stop_token) override {
    return std::nullopt;
  }
  [[nodiscard]] std::optional<FolderAttr> find(const RelPath&, std::stop_token) override {
    return std::nullopt;
  }
  [[nodiscard]] std::string link_target(FolderId) override { return {}; }

 private:
  static constexpr NodeIndex kNone = ~NodeIndex{0};
  struct Node {
    std::string name, content;
    FolderAttr attr;
    std::vector<NodeIndex> children;
  };
  NodeIndex put(NodeIndex parent, const std::string& name, FolderAttr attr,
                const std::string& content, std::optional<std::uint64_t> key = std::nullopt) {
    const auto node = static_cast<NodeIndex>(nodes_.size());
    attr.id = {1, node};
    attr.content_key = key.value_or(std::uint64_t{1} << 32 | node);
    nodes_.push_back({name, content, attr, {}});
    if (parent != kNone) nodes_.at(parent).children.push_back(node);
    return node;
  }

  std::vector<Node> nodes_;
  std::map<NodeIndex, ErrorKind> failing_;
  OuterTable table_;
};

class ExtractionTest : public testing::TestWithParam<unsigned> {
 protected:
  std::vector<std::string> extract(std::stop_token stop = {}) {
    std::vector<std::string> problems;
    TreeWriter writer(out(), {});
    Extraction extraction(
        archive_, writer, [&](const Error& error) { problems.emplace_back(error.what()); },
        std::move(stop), GetParam());
    extraction.add(RelPath(), archive_.top());
    extraction.finish();
    written_ = extraction.written();
    return problems;
  }
  [[nodiscard]] std::string out() const { return disk_.path("out"); }
  [[nodiscard]] std::size_t files() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(out())) {
      EXPECT_EQ(entry.path().filename().string().find(".backshelf"), std::string::npos);
      if (entry.is_regular_file()) ++count;
    }
    return count;
  }

  TempDirectory disk_;
  FakeArchive archive_;
  std::uint64_t written_ = 0;
};

std::string numbered(const char* name, int number) {
  return concat(name, number);
}

TEST_P(ExtractionTest, EveryFileGetsItsOwnBytes) {
  std::map<std::string, std::string> expected;
  for (int d = 0; d < 30; ++d) {
    const NodeIndex folder = archive_.directory(0, numbered("d", d));
    for (int f = 0; f < 70; ++f) {
      // Large ones among the small, an empty one now and then.
      const std::size_t size = f == 7 && d % 10 == 0 ? 1'300'000 : static_cast<std::size_t>(f * d);
      const std::string content(size, static_cast<char>('a' + (f + d) % 26));
      archive_.file(folder, numbered("f", f), content);
      expected[concat("out/d", d, "/f", f)] = content;
    }
  }
  EXPECT_TRUE(extract().empty());
  EXPECT_EQ(files(), expected.size());
  EXPECT_EQ(written_, expected.size());
  for (const auto& [path, content] : expected) {
    ASSERT_TRUE(disk_.read(path) == content) << path;
  }
}

TEST_P(ExtractionTest, WhatFailsIsToldInOrderAndTheRestIsWritten) {
  std::vector<std::string> failing;
  for (int d = 0; d < 20; ++d) {
    const NodeIndex folder = archive_.directory(0, numbered("d", d));
    for (int f = 0; f < 40; ++f) {
      const NodeIndex file = archive_.file(folder, numbered("f", f), f == 39 ? "" : "content");
      if (f % 13 != 0) continue;
      archive_.fail(file, ErrorKind::kDamaged);
      failing.push_back(concat("d", d, "/f", f));
    }
  }
  const std::vector<std::string> problems = extract();
  ASSERT_EQ(problems.size(), failing.size());
  for (std::size_t i = 0; i < failing.size(); ++i) {
    EXPECT_NE(problems[i].find(concat(failing[i], ":")), std::string::npos) << problems[i];
    EXPECT_FALSE(disk_.has(concat("out/", failing[i])));
  }
  EXPECT_EQ(files(), 800 - failing.size());
}

TEST_P(ExtractionTest, FurtherNamesAreLinksToTheFirstThatCouldBeWritten) {
  const NodeIndex sound = archive_.file(0, "a", "content");
  const NodeIndex taken = archive_.file(0, "b", "other");
  archive_.link(0, "c", sound);
  archive_.link(0, "d", taken);
  disk_.write("out/b", "mine");
  EXPECT_EQ(extract().size(), 1U);
  EXPECT_TRUE(std::filesystem::equivalent(out() + "/a", out() + "/c"));
  EXPECT_EQ(disk_.read("out/b"), "mine");
  EXPECT_EQ(disk_.read("out/d"), "other");
}

TEST_P(ExtractionTest, AFullDiskEndsItAndLeavesOnlyWholeFiles) {
  NodeIndex middle = 0;
  for (int f = 0; f < 1000; ++f) {
    const NodeIndex file = archive_.file(0, numbered("f", f), "content");
    if (f == 500) middle = file;
  }
  archive_.fail(middle, ErrorKind::kNoSpace);
  EXPECT_THROW(extract(), Error);
  EXPECT_LT(files(), 1000U);
  for (const auto& entry : std::filesystem::directory_iterator(out())) {
    EXPECT_EQ(entry.file_size(), 7U);
  }
}

TEST_P(ExtractionTest, StopsWhenTold) {
  for (int f = 0; f < 1000; ++f) archive_.file(0, numbered("f", f), "content");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(extract(stop.get_token()), Error);
  EXPECT_EQ(files(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Threads, ExtractionTest, testing::Values(1U, 4U));

}  // namespace
}  // namespace backshelf
