#include "engine/disk/source_walk.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "engine/disk/file_stream.h"
#include "engine/stream/adapters.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

using Names = std::vector<std::string>;

struct Seen {
  Names order;
  std::map<std::string, ErrorKind> failed;
};

// `on_visit` runs at each item and says whether to go below it.
using OnVisit = std::function<bool(WalkItem&)>;

class Recorder final : public WalkVisitor {
 public:
  explicit Recorder(OnVisit on_visit) : on_visit_(std::move(on_visit)) {}
  [[nodiscard]] bool wants(std::string_view path) override { return !path.ends_with("unwanted"); }
  bool visit(WalkItem item) override {
    seen.order.emplace_back(item.path);
    return on_visit_(item);
  }
  void failed(std::string_view path, const Error& error) override {
    seen.failed.emplace(path, error.kind());
  }

  Seen seen;

 private:
  OnVisit on_visit_;
};

class SourceWalkTest : public testing::Test {
 protected:
  Seen seen(const OnVisit& on_visit = [](WalkItem&) { return true; }) const {
    Recorder recorder(on_visit);
    walk(disk_.path(), {.one_file_system = false, .open_files = true}, recorder);
    return recorder.seen;
  }

  TempDirectory disk_;
};

TEST_F(SourceWalkTest, GoesInOrderOfBytesFoldersFirst) {
  for (const char* name : {"b/x", "b/a/y", "a", "B", "\xFFz", "b.txt"}) disk_.write(name, "x");
  EXPECT_EQ(seen().order, (Names{"", "B", "a", "b", "b/a", "b/a/y", "b/x", "b.txt", "\xFFz"}));
}

TEST_F(SourceWalkTest, LeavesOutWhatItIsTold) {
  disk_.write("skip/x", "x");
  disk_.write("unwanted/x", "x");
  disk_.write("z", "x");
  EXPECT_EQ(seen([](WalkItem& item) { return item.path != "skip"; }).order,
            (Names{"", "skip", "z"}));
  EXPECT_EQ(seen([](WalkItem&) { return false; }).order, (Names{""}));
}

TEST_F(SourceWalkTest, LinksAreReadAndNotFollowed) {
  disk_.write("dir/x", "x");
  std::filesystem::create_symlink("dir", disk_.path("loop"));
  std::filesystem::create_symlink("/no/such", disk_.path("dead"));
  std::map<std::string, std::string> targets;
  const Seen result = seen([&](WalkItem& item) {
    if (!item.link_target.empty()) targets.emplace(item.path, item.link_target);
    return true;
  });
  EXPECT_EQ(result.order, (Names{"", "dead", "dir", "dir/x", "loop"}));
  EXPECT_EQ(targets, (std::map<std::string, std::string>{{"dead", "/no/such"}, {"loop", "dir"}}));
}

TEST_F(SourceWalkTest, FilesComeOpenWithWhatTheyHaveThen) {
  for (const char* name : {"a", "b"}) disk_.write(name, "content");
  std::string content;
  const Seen result = seen([&](WalkItem& item) {
    if (item.path == "a") disk_.write("b", "longer content");
    if (item.path == "b") {
      EXPECT_EQ(item.status.st_size, 14);
      FileStream stream(std::move(item.file), item.status, "b");
      MemorySink sink;
      pump(stream, sink);
      content = as_text(sink.bytes());
    }
    return true;
  });
  EXPECT_EQ(content, "longer content");
}

TEST_F(SourceWalkTest, WhatTakesTheNameOfAListedFileIsSeenAsWhatItIs) {
  for (const char* name : {"a", "b", "c", "d"}) disk_.write(name, "x");
  disk_.write("secret", "x");
  std::map<std::string, mode_t> types;
  const Seen result = seen([&](WalkItem& item) {
    types.emplace(item.path, item.status.st_mode & S_IFMT);
    EXPECT_EQ(item.file.is_open(), S_ISREG(item.status.st_mode)) << item.path;
    if (item.path == "a") {
      for (const char* name : {"b", "c", "d"}) std::filesystem::remove(disk_.path(name));
      std::filesystem::create_symlink("secret", disk_.path("b"));
      EXPECT_EQ(::mkfifo(disk_.path("c").c_str(), 0600), 0);
      std::filesystem::create_directory(disk_.path("d"));
      disk_.write("d/below", "x");
    }
    return true;
  });
  EXPECT_EQ(types.at("b"), S_IFLNK);
  EXPECT_EQ(types.at("c"), S_IFIFO);
  EXPECT_EQ(types.at("d"), S_IFDIR);
  EXPECT_EQ(types.at("d/below"), S_IFREG);
}

TEST_F(SourceWalkTest, WithoutOpeningFilesAreLookedAt) {
  disk_.write("a", "12345");
  std::filesystem::create_symlink("a", disk_.path("link"));
  off_t size = 0;
  Recorder recorder([&](WalkItem& item) {
    EXPECT_FALSE(item.file.is_open());
    if (item.path == "a") size = item.status.st_size;
    return true;
  });
  walk(disk_.path(), {}, recorder);
  EXPECT_EQ(recorder.seen.order, (Names{"", "a", "link"}));
  EXPECT_EQ(size, 5);
}

TEST_F(SourceWalkTest, WhatVanishesIsToldAndTheWalkGoesOn) {
  for (const char* name : {"a", "b", "c/x", "d"}) disk_.write(name, "x");
  const Seen result = seen([&](WalkItem& item) {
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
  const Seen result = seen([&](WalkItem& item) {
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
  Recorder recorder([](WalkItem&) { return true; });
  walk(disk_.path("root"), {.one_file_system = true}, recorder);
  EXPECT_EQ(recorder.seen.order, (Names{"", "x"}));
  EXPECT_THROW(walk(disk_.path("gone"), {}, recorder), Error);
  EXPECT_THROW(walk(disk_.path("dir/x"), {}, recorder), Error);
}

}  // namespace
}  // namespace backshelf
