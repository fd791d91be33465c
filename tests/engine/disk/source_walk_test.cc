#include "engine/disk/source_walk.h"

#include <gtest/gtest.h>

#include <map>

#include "engine/disk/file_stream.h"
#include "engine/stream/adapters.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

using Names = std::vector<std::string>;

class SourceWalkTest : public testing::Test {
 protected:
  struct Seen {
    Names order;
    std::map<std::string, ErrorKind> failed;
  };
  // `on_visit` runs at each item and says whether to go below it.
  Seen seen(const std::function<bool(const WalkItem&)>& on_visit = [](const WalkItem&) {
    return true;
  }) const {
    Seen result;
    walk(disk_.path(), false,
         {[&](const WalkItem& item) {
            result.order.push_back(item.path);
            return on_visit(item);
          },
          [&](const std::string& path, const Error& error) {
            result.failed.emplace(path, error.kind());
          }});
    return result;
  }

  TempDirectory disk_;
};

TEST_F(SourceWalkTest, GoesInOrderOfBytesFoldersFirst) {
  for (const char* name : {"b/x", "b/a/y", "a", "B", "\xFFz", "b.txt"}) disk_.write(name, "x");
  EXPECT_EQ(seen().order, (Names{"", "B", "a", "b", "b/a", "b/a/y", "b/x", "b.txt", "\xFFz"}));
}

TEST_F(SourceWalkTest, LeavesOutWhatItIsTold) {
  disk_.write("skip/x", "x");
  disk_.write("z", "x");
  EXPECT_EQ(seen([](const WalkItem& item) { return item.path != "skip"; }).order,
            (Names{"", "skip", "z"}));
  EXPECT_EQ(seen([](const WalkItem&) { return false; }).order, (Names{""}));
}

TEST_F(SourceWalkTest, LinksAreReadAndNotFollowed) {
  disk_.write("dir/x", "x");
  std::filesystem::create_symlink("dir", disk_.path("loop"));
  std::filesystem::create_symlink("/no/such", disk_.path("dead"));
  std::map<std::string, std::string> targets;
  const Seen result = seen([&](const WalkItem& item) {
    if (!item.link_target.empty()) targets[item.path] = item.link_target;
    return true;
  });
  EXPECT_EQ(result.order, (Names{"", "dead", "dir", "dir/x", "loop"}));
  EXPECT_EQ(targets, (std::map<std::string, std::string>{{"dead", "/no/such"}, {"loop", "dir"}}));
}

TEST_F(SourceWalkTest, OpensTheFileThatWasSeen) {
  disk_.write("a", "content");
  disk_.write("b", "content");
  std::string content;
  bool refused = false;
  seen([&](const WalkItem& item) {
    if (item.path == "a") {
      FileStream stream(item.open(), "a");
      MemorySink sink;
      pump(stream, sink);
      content = as_text(sink.bytes());
    }
    if (item.path == "b") {
      disk_.write("other", "secret");
      std::filesystem::rename(disk_.path("other"), disk_.path("b"));
      EXPECT_THROW((void)item.open(), Error);
      std::filesystem::remove(disk_.path("b"));
      std::filesystem::create_symlink("a", disk_.path("b"));
      EXPECT_THROW((void)item.open(), Error);
      refused = true;
    }
    return true;
  });
  EXPECT_EQ(content, "content");
  EXPECT_TRUE(refused);
}

TEST_F(SourceWalkTest, WhatVanishesIsToldAndTheWalkGoesOn) {
  for (const char* name : {"a", "b", "c/x", "d"}) disk_.write(name, "x");
  const Seen result = seen([&](const WalkItem& item) {
    if (item.path == "a") {
      std::filesystem::remove(disk_.path("b"));
      std::filesystem::remove_all(disk_.path("c"));
    }
    return true;
  });
  EXPECT_EQ(result.order, (Names{"", "a", "d"}));
  EXPECT_EQ(result.failed, (std::map<std::string, ErrorKind>{{"b", ErrorKind::kNotFound},
                                                             {"c", ErrorKind::kNotFound}}));
}

TEST_F(SourceWalkTest, AFolderSwappedForALinkLeadsNowhere) {
  const TempDirectory outside;
  outside.write("secret", "x");
  disk_.write("dir/x", "x");
  const Seen result = seen([&](const WalkItem& item) {
    if (item.path == "dir") {
      std::filesystem::rename(disk_.path("dir"), disk_.path("moved"));
      std::filesystem::create_directory_symlink(outside.path(), disk_.path("dir"));
    }
    return true;
  });
  EXPECT_EQ(result.order, (Names{"", "dir", "dir/x"}));
}

TEST_F(SourceWalkTest, DeepTreesEndWithAMessage) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(disk_.path());
  for (int i = 0; i < 450; ++i) {
    std::filesystem::create_directory("d");
    std::filesystem::current_path("d");
  }
  std::filesystem::current_path(before);
  const Seen result = seen();
  ASSERT_EQ(result.failed.size(), 1U);
  EXPECT_EQ(result.failed.begin()->second, ErrorKind::kInvalid);
}

TEST_F(SourceWalkTest, TheRootMayBeALinkAndMustExist) {
  disk_.write("dir/x", "x");
  std::filesystem::create_directory_symlink("dir", disk_.path("root"));
  Names order;
  const WalkCalls calls{[&](const WalkItem& item) {
                          order.push_back(item.path);
                          return true;
                        },
                        [](const std::string&, const Error&) {}};
  walk(disk_.path("root"), true, calls);
  EXPECT_EQ(order, (Names{"", "x"}));
  EXPECT_THROW(walk(disk_.path("gone"), true, calls), Error);
  EXPECT_THROW(walk(disk_.path("dir/x"), true, calls), Error);
}

}  // namespace
}  // namespace backshelf
