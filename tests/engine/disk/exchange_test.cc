#include "engine/disk/exchange.h"

#include <gtest/gtest.h>

#include "engine/disk/file.h"
#include "engine/disk/remove_tree.h"
#include "tests/support/kind_of.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

TEST(Exchange, TwoFoldersSwapTheirNames) {
  const TempDirectory disk;
  disk.write("a/file", "of a");
  disk.write("b/other", "of b");
  // Where the file system cannot, nothing may have happened.
  const bool swapped = exchange_paths(disk.path("a"), disk.path("b"));
  EXPECT_EQ(disk.read(swapped ? "b/file" : "a/file"), "of a");
  EXPECT_EQ(disk.read(swapped ? "a/other" : "b/other"), "of b");
  sync_file_system(disk.path());
}

TEST(Exchange, AMissingSideIsToldAndNothingHappens) {
  const TempDirectory disk;
  disk.write("a/file", "of a");
  EXPECT_EQ(kind_of([&] { (void)exchange_paths(disk.path("a"), disk.path("b")); }),
            ErrorKind::kNotFound);
  EXPECT_EQ(disk.read("a/file"), "of a");
}

TEST(RenameToFree, NeverReplaces) {
  const TempDirectory disk;
  disk.write("a", "of a");
  disk.write("b", "of b");
  EXPECT_EQ(kind_of([&] { rename_to_free(disk.path("a"), disk.path("b")); }), ErrorKind::kExists);
  EXPECT_EQ(disk.read("b"), "of b");
  rename_to_free(disk.path("a"), disk.path("c"));
  EXPECT_EQ(disk.read("c"), "of a");
}

TEST(DirectoryAttributes, ComeBackAsTheyWere) {
  const TempDirectory disk;
  disk.write("a/file", "x");
  TreeAttributes wanted = attributes_of(*find_status(disk.path("a")));
  wanted.mode = 01750;
  wanted.mtime = {1'700'000'000, 123'456'789};
  set_directory_attributes(disk.path("a"), wanted);
  const TreeAttributes now = attributes_of(*find_status(disk.path("a")));
  EXPECT_EQ(now.mode, 01750u);
  EXPECT_EQ(now.mtime, wanted.mtime);
}

TEST(DirectoryAttributes, NeverThroughALink) {
  const TempDirectory disk;
  disk.write("a/file", "x");
  std::filesystem::create_directory_symlink(disk.path("a"), disk.path("link"));
  EXPECT_ANY_THROW(set_directory_attributes(disk.path("link"), {0700, 0, 0, {}}));
}

TEST(RemoveTree, TakesAllOfItAndNothingBehindALink) {
  const TempDirectory disk;
  disk.write("keep/file", "kept");
  disk.write("old/deep/er/file", "x");
  disk.write("old/locked/file", "x");
  std::filesystem::create_directory_symlink(disk.path("keep"), disk.path("old/link"));
  std::filesystem::permissions(disk.path("old/locked"), std::filesystem::perms::none);
  remove_tree(disk.path("old"));
  EXPECT_FALSE(disk.has("old"));
  EXPECT_EQ(disk.read("keep/file"), "kept");
  remove_tree(disk.path("old"));  // absent is fine
}

TEST(RemoveTree, NeverEntersWhatIsMountedInIt) {
  const SmallDisk small("size=1m");
  if (!small.mounted()) GTEST_SKIP() << "only root may mount a disk to test with";
  small.at().write("precious", "x");
  EXPECT_EQ(kind_of([&] { remove_tree(small.at().path()); }), ErrorKind::kBusy);
  EXPECT_TRUE(small.at().has("precious"));
}

}  // namespace
}  // namespace backshelf
