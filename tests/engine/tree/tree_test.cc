#include "engine/tree/tree.h"

#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/stream/adapters.h"
#include "tests/engine/tree/tree_fixture.h"

namespace backshelf {
namespace {

// Wrong entries first.

TEST_F(TreeTest, PathsThatLeaveTheArchiveAreLeftOut) {
  file("../x");
  file("data/../../x");
  file("a/../../b");
  file(std::string("a\0b", 3));
  file(std::string(256, 'n'));
  std::string deep;
  for (int i = 0; i < 600; ++i) deep += "d/";
  file(deep + "f");
  file("");
  build();
  EXPECT_EQ(tree_->size(), 1U);
  EXPECT_EQ(left_out_.size(), 7U);
}

TEST_F(TreeTest, NothingLiesBelowASymlinkOrAFile) {
  link(EntryType::kSymlink, "out", "/etc");
  file("out/passwd");
  file("plain");
  file("plain/below/it");
  hardlink("out/shadow", "plain");
  build();
  EXPECT_EQ(tree_->size(), 3U);
  ASSERT_EQ(left_out_.size(), 3U);
  EXPECT_EQ(left_out_[0], "out/passwd: it lies below something that is no directory");
  EXPECT_EQ(at("out").link_target, "/etc");
  EXPECT_EQ(at("out").size, 4U);
}

TEST_F(TreeTest, HardLinksThatLeadNowhereAreUnreadable) {
  hardlink("missing", "nothing");
  hardlink("self", "self");
  hardlink("loop1", "loop2");
  hardlink("loop2", "loop1");
  directory("d");
  hardlink("to_directory", "d");
  build();
  for (const char* name : {"missing", "self", "loop1", "loop2"}) {
    EXPECT_FALSE(at(name).readable) << name;
    EXPECT_EQ(at(name).type, EntryType::kFile);
    EXPECT_FALSE(tree_->body(at(name).index).complete);
  }
  EXPECT_FALSE(has("to_directory"));
  EXPECT_EQ(left_out_.size(), 5U);
}

TEST_F(TreeTest, NotesAreBounded) {
  for (int i = 0; i < 1000; ++i) file("../" + std::string(60'000, 'x'));
  build();
  EXPECT_EQ(left_out_.size(), TreeBuilder::kMaxNotes);
  EXPECT_LT(left_out_[0].size(), 2000U);
}

TEST_F(TreeTest, BodiesThatMakeNoSenseAreUnreadable) {
  Entry entry;
  entry.path = "f";
  entry.size = 100;
  BodyLocation body;
  body.stored_size = 50;
  for (const auto& extents : std::vector<std::vector<Extent>>{
           {{90, 0, 20}}, {{10, 0, 10}, {5, 10, 10}}, {{0, ~0ULL - 5, 10}}, {{0, 0, 0}}}) {
    TreeBuilder builder;
    body.extents = extents;
    builder.add(entry, body);
    const auto built = builder.build();
    EXPECT_FALSE(built.tree->node(1).readable);
    EXPECT_FALSE(built.tree->body(1).complete);
  }
}

TEST_F(TreeTest, IndexesBehindTheEndAreRefused) {
  build();
  EXPECT_THROW((void)tree_->node(1), Error);
  EXPECT_THROW((void)tree_->child(0, 0), Error);
  EXPECT_THROW((void)tree_->path(7), Error);
}

// Right ones.

TEST_F(TreeTest, AnEmptyTreeIsARoot) {
  build();
  EXPECT_EQ(tree_->size(), 1U);
  EXPECT_EQ(at("").type, EntryType::kDirectory);
  EXPECT_EQ(at("").link_count, 2U);
  EXPECT_EQ(tree_->child_count(kRootNode), 0U);
}

TEST_F(TreeTest, NamesAreSortedAndFound) {
  file("./b");
  file("/a");
  file("c\xff");
  file("B");
  file("data/../x");
  build();
  EXPECT_EQ(names(""), "B a b c\xff x ");
  EXPECT_FALSE(tree_->find_child(kRootNode, "aa"));
  EXPECT_EQ(tree_->path(at("a").index).text(), "a");
  EXPECT_EQ(at("b").parent, kRootNode);
}

TEST_F(TreeTest, EntriesBesideTheLastOneAreJudgedAsAllAre) {
  file("dir/a");
  for (const char* path : {"dir/..", "dir//b", "dir/./c", "dir/../d", "dirx/e", "dir/f"}) {
    file(path);
  }
  file(std::string("dir/g\0h", 7));
  file(concat("dir/", std::string(256, 'n')));
  file(concat("dir/", std::string(255, 'n')));
  directory("dir/sub/");
  file("dir/sub/i");
  directory("dir/.", 0711);
  file("dir/sub");
  build();
  EXPECT_EQ(at("dir").mode, 0711U);
  EXPECT_EQ(names(""), "d dir dirx ");
  EXPECT_EQ(names("dirx"), "e ");
  EXPECT_EQ(names("dir"), concat("a b c f ", std::string(255, 'n'), " sub "));
  EXPECT_EQ(at("dir/sub").type, EntryType::kFile);
  // "dir/..", the zero byte, the long name.
  EXPECT_EQ(left_out_.size(), 3U);
}

TEST_F(TreeTest, AFileThatReplacesTheLastDirectoryHasNothingBelow) {
  file("dir/sub/a");
  file("dir");
  file("dir/sub/b");
  build();
  EXPECT_EQ(names(""), "dir ");
  EXPECT_EQ(at("dir").type, EntryType::kFile);
  EXPECT_EQ(left_out_.size(), 1U);
}

TEST_F(TreeTest, MissingParentsAreMadeAndTakeAttributesLater) {
  file("a/b/c");
  directory("a", 01777);
  directory(".", 0750);
  build();
  EXPECT_EQ(at("a").mode, 01777U);
  EXPECT_EQ(at("a/b").mode, 0755U);
  EXPECT_EQ(at("").mode, 0750U);
  EXPECT_EQ(at("a").link_count, 3U);
  EXPECT_EQ(names("a/b"), "c ");
  EXPECT_EQ(tree_->path(at("a/b/c").index).text(), "a/b/c");
}

TEST_F(TreeTest, ALaterEntryReplacesAnEarlierOne) {
  file("f", 1);
  file("d/x/y");
  file("f", 2);
  file("d", 3);
  file("e");
  directory("e");
  file("e/z");
  build();
  EXPECT_EQ(at("f").size, 2U);
  EXPECT_EQ(at("d").type, EntryType::kFile);
  EXPECT_EQ(names("e"), "z ");
  EXPECT_EQ(tree_->size(), 5U);
  EXPECT_TRUE(left_out_.empty());
}

TEST_F(TreeTest, ADirectoryThatComesBackIsEmpty) {
  file("d/x");
  file("d");
  directory("d");
  file("d/y");
  build();
  EXPECT_EQ(names("d"), "y ");
}

TEST_F(TreeTest, HardLinksShareOneContent) {
  file("a", 77);
  hardlink("b", "./a");
  hardlink("c", "/b");
  build();
  for (const char* name : {"a", "b", "c"}) {
    EXPECT_EQ(at(name).content, at("a").index);
    EXPECT_EQ(at(name).link_count, 3U);
    EXPECT_EQ(at(name).size, 77U);
    EXPECT_EQ(tree_->body(at(name).index).data_offset, 512U);
  }
}

TEST_F(TreeTest, AHardLinkKeepsItsContentWhenItsTargetIsReplaced) {
  file("a", 1);
  hardlink("b", "a");
  hardlink("c", "a");
  file("a", 2);
  hardlink("a", "a");
  build();
  EXPECT_EQ(at("a").size, 2U);
  EXPECT_EQ(at("b").size, 1U);
  EXPECT_EQ(at("c").content, at("b").index);
  EXPECT_EQ(at("c").link_count, 2U);
}

TEST_F(TreeTest, HardLinksToLaterEntriesAreResolved) {
  hardlink("first", "second");
  hardlink("second", "third");
  file("third", 5);
  link(EntryType::kSymlink, "s", "target");
  hardlink("t", "s");
  build();
  EXPECT_EQ(at("first").size, 5U);
  EXPECT_TRUE(at("second").readable);
  EXPECT_EQ(at("first").content, at("third").content);
  EXPECT_EQ(at("t").type, EntryType::kSymlink);
  EXPECT_EQ(at("t").link_target, "target");
}

TEST_F(TreeTest, DevicesAndOwnersAreKept) {
  Entry entry;
  entry.type = EntryType::kCharDevice;
  entry.path = "null";
  entry.device_major = 1;
  entry.device_minor = 3;
  entry.uid = -5;
  entry.gid = 3'000'000'000;
  entry.mtime = {-7, 999'999'999};
  builder_.add(entry, {});
  build();
  EXPECT_EQ(at("null").device_minor, 3U);
  EXPECT_EQ(at("null").uid, -5);
  EXPECT_EQ(at("null").gid, 3'000'000'000);
  EXPECT_EQ(at("null").mtime, (Timestamp{-7, 999'999'999}));
}

}  // namespace
}  // namespace backshelf
