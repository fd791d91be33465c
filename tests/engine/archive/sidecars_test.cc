#include "engine/archive/sidecars.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "engine/stream/adapters.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

class CountingLog final : public Log {
 public:
  void line(LogLevel, std::string_view) override { ++lines; }
  int lines = 0;
};

struct SidecarsOf100Bytes : testing::Test {
  void store(const std::string& name, std::size_t size) {
    sidecars.store(name, [&](AtomicFile& file) { file.write(ByteVec(size, std::byte{7})); });
  }
  [[nodiscard]] bool has(const std::string& name) { return sidecars.find(name) != nullptr; }
  // As if it had last been used this long ago.
  void age(const std::string& name, time_t seconds) const {
    const timespec past{::time(nullptr) - seconds, 0};
    const timespec times[2] = {past, past};
    ASSERT_EQ(::utimensat(AT_FDCWD, files.path("s/" + name + ".sidecar").c_str(), times, 0), 0);
  }

  TempDirectory files;
  CountingLog log;
  Sidecars sidecars{files.path("s"), 100, log};
};

TEST_F(SidecarsOf100Bytes, GivesBackWhatWasStored) {
  EXPECT_FALSE(has("a"));
  store("a", 30);
  store("a", 40);
  const auto file = sidecars.find("a");
  ASSERT_TRUE(file);
  EXPECT_EQ(read_exactly(*file, 0, 40, ""), ByteVec(40, std::byte{7}));
  sidecars.drop("a");
  EXPECT_FALSE(has("a"));
  EXPECT_EQ(log.lines, 0);
}

TEST_F(SidecarsOf100Bytes, TheLeastRecentlyUsedGoes) {
  for (const char* name : {"a", "b", "c"}) store(name, 30);
  age("a", 300);
  age("b", 200);
  age("c", 100);
  EXPECT_TRUE(has("a"));  // and so it was used last
  store("d", 30);
  EXPECT_FALSE(has("b"));
  EXPECT_TRUE(has("a") && has("c") && has("d"));
}

TEST_F(SidecarsOf100Bytes, WhatIsLargerThanTheLimitIsNotKept) {
  store("a", 50);
  store("b", 101);
  EXPECT_TRUE(has("a"));
  EXPECT_FALSE(has("b"));
}

TEST_F(SidecarsOf100Bytes, LeftoversOfACrashGoAndOtherFilesStay) {
  files.write("s/.0011223344556677.tmp", "half a sidecar");
  files.write("s/notes", std::string(500, 'x'));
  store("a", 30);
  EXPECT_FALSE(files.has("s/.0011223344556677.tmp"));
  EXPECT_TRUE(files.has("s/notes"));
  EXPECT_TRUE(has("a"));
}

TEST_F(SidecarsOf100Bytes, AFailedWriteLeavesTheOldOne) {
  store("a", 30);
  sidecars.store("a", [](AtomicFile& file) {
    file.write(ByteVec(10));
    throw Error(ErrorKind::kNoSpace, "writing", "the disk is full");
  });
  const auto file = sidecars.find("a");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size(), 30U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(files.path("s")), {}), 1);
}

TEST_F(SidecarsOf100Bytes, AFolderThatCannotBeUsedIsOneLineInTheLog) {
  files.write("s", "a file");
  for (int i = 0; i < 3; ++i) {
    store("a", 10);
    EXPECT_FALSE(has("a"));
  }
  EXPECT_EQ(log.lines, 1);
}

TEST_F(SidecarsOf100Bytes, ALinkIsNotFollowed) {
  files.write("elsewhere", "abc");
  std::filesystem::create_directories(files.path("s"));
  std::filesystem::create_symlink(files.path("elsewhere"), files.path("s/a.sidecar"));
  EXPECT_FALSE(has("a"));
}

}  // namespace
}  // namespace backshelf
