#include "engine/disk/tree_writer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "engine/base/error.h"

namespace backshelf {
namespace {

namespace fs = std::filesystem;

class TreeWriterTest : public testing::Test {
 protected:
  TreeWriterTest() {
    std::string pattern = "/tmp/backshelf-tree-XXXXXX";
    top_ = ::mkdtemp(pattern.data());
  }
  ~TreeWriterTest() override { fs::remove_all(top_); }
  static RelPath path(const char* text) { return RelPath::parse(text).value(); }
  static std::function<void(Sink&)> text(const char* content) {
    return [content](Sink& sink) { sink.write(as_bytes(content)); };
  }
  [[nodiscard]] std::string content(const char* name) const {
    std::ifstream file(top_ / "out" / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] std::string out() const { return top_ / "out"; }

  const TreeAttributes plain_{0640, 0, 0, {1'000'000'000, 5}};
  fs::path top_;
};

TEST_F(TreeWriterTest, WritesFilesLinksAndFolderAttributes) {
  TreeWriter writer(out(), {});
  writer.add_directory(path("config"), {0500, 0, 0, {7, 0}});
  writer.add_file(path("config/a.yaml"), plain_, text("hello"));
  writer.add_hard_link(path("config/b.yaml"), path("config/a.yaml"));
  writer.add_symlink(path("config/c"), "/etc/passwd", plain_);
  writer.finish();
  EXPECT_EQ(content("config/b.yaml"), "hello");
  EXPECT_EQ(fs::hard_link_count(top_ / "out/config/a.yaml"), 2U);
  EXPECT_EQ(fs::read_symlink(top_ / "out/config/c"), "/etc/passwd");
  struct stat status {};
  ASSERT_EQ(::stat((out() + "/config").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0500U);
  EXPECT_EQ(status.st_mtim.tv_sec, 7);
}

TEST_F(TreeWriterTest, WholeBlocksOfZerosBecomeHoles) {
  constexpr std::uint64_t kSize = 1024 * kMiB;
  TreeWriter writer(out(), {});
  writer.add_file(path("sparse"), plain_, [](Sink& sink) {
    const ByteVec zeros(kMiB);
    sink.write(as_bytes("begin"));
    for (std::uint64_t size = 5; size < kSize; size += kMiB) sink.write(zeros);
  });
  writer.finish();
  struct stat status {};
  ASSERT_EQ(::stat((out() + "/sparse").c_str(), &status), 0);
  EXPECT_EQ(static_cast<std::uint64_t>(status.st_size), kSize + 5);
  EXPECT_LT(status.st_blocks, 1000);
  std::string begin(6, 'x');
  std::ifstream(top_ / "out/sparse").read(begin.data(), 6);
  EXPECT_EQ(begin, std::string("begin\0", 6));
}

TEST_F(TreeWriterTest, NeverSetsSetuid) {
  TreeWriter writer(out(), {});
  writer.add_file(path("tool"), {04755, 0, 0, {}}, text("x"));
  struct stat status {};
  ASSERT_EQ(::stat((out() + "/tool").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0755U);
}

// All the error paths.

TEST_F(TreeWriterTest, OverwritesOnlyWhenTold) {
  TreeWriter first(out(), {});
  first.add_file(path("a"), plain_, text("old"));
  EXPECT_THROW(first.add_file(path("a"), plain_, text("new")), Error);
  EXPECT_EQ(content("a"), "old");
  TreeWriter second(out(), {.overwrite = true});
  second.add_file(path("a"), plain_, text("new"));
  EXPECT_EQ(content("a"), "new");
}

TEST_F(TreeWriterTest, AFileThatFailsLeavesNothing) {
  TreeWriter writer(out(), {});
  EXPECT_THROW(writer.add_file(path("a"), plain_,
                               [](Sink& sink) {
                                 sink.write(as_bytes("half"));
                                 throw Error(ErrorKind::kDamaged, "read", "bad");
                               }),
               Error);
  EXPECT_TRUE(fs::is_empty(top_ / "out"));
}

TEST_F(TreeWriterTest, ASymlinkInTheTreeLeadsNowhere) {
  fs::create_directory(top_ / "outside");
  TreeWriter writer(out(), {.overwrite = true});
  writer.add_symlink(path("trap"), "../outside", plain_);
  EXPECT_THROW(writer.add_file(path("trap/evil"), plain_, text("x")), Error);
  EXPECT_THROW(writer.add_directory(path("trap/deeper"), plain_), Error);
  EXPECT_TRUE(fs::is_empty(top_ / "outside"));
}

}  // namespace
}  // namespace backshelf
