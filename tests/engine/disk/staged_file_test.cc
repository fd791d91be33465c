#include "engine/disk/staged_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <cerrno>

#include "engine/base/error.h"
#include "engine/disk/publish.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

class StagedFileTest : public testing::Test {
 protected:
  [[nodiscard]] StagedFile::Options options(const std::string& name = ".tmp") const {
    return {.directory = disk_.path(), .temporary_name = name, .mode = 0600, .make_room = {}};
  }
  [[nodiscard]] std::string temporary() const { return disk_.path(".tmp"); }

  TempDirectory disk_;
};

TEST_F(StagedFileTest, GetsItsNameOnlyWhenCommitted) {
  {
    StagedFile file(options());
    file.write_at(3, as_bytes("lo"));
    file.write_at(0, as_bytes("hel"));
    EXPECT_FALSE(disk_.has("name"));
    EXPECT_EQ(file.commit("name").st_size, 5);
  }
  EXPECT_EQ(disk_.read("name"), "hello");
  EXPECT_EQ(disk_.count(), 1U);
}

TEST_F(StagedFileTest, AGapReadsAsZeros) {
  StagedFile file(options());
  file.write_at(3, as_bytes("x"));
  ByteVec bytes(10);
  EXPECT_EQ(file.read_at(0, bytes), 4U);
  EXPECT_EQ(bytes[0], std::byte{0});
  EXPECT_EQ(file.read_at(4, bytes), 0U);
}

TEST_F(StagedFileTest, NothingIsLeftOfACommitThatFailed) {
  disk_.write("taken", "old");
  StagedFile file(options());
  file.write_at(0, as_bytes("new"));
  EXPECT_THROW((void)file.commit("taken"), Error);
  EXPECT_EQ(disk_.read("taken"), "old");
  EXPECT_EQ(disk_.count(), 1U);
  EXPECT_THROW(file.write_at(0, as_bytes("x")), Error);
  EXPECT_THROW((void)file.commit("other"), Error);
  EXPECT_FALSE(disk_.has("other"));
}

TEST_F(StagedFileTest, NeedsADirectoryAndAFreeName) {
  StagedFile::Options gone = options();
  gone.directory = disk_.path("gone");
  EXPECT_THROW(StagedFile file(gone), Error);
  disk_.write(".tmp", "theirs");
  EXPECT_THROW(StagedFile file(options()), Error);
  EXPECT_EQ(disk_.read(".tmp"), "theirs");
}

TEST_F(StagedFileTest, IsNoLeftoverWhileItOrItsSourceLives) {
  auto file = std::make_unique<StagedFile>(options());
  EXPECT_FALSE(remove_if_unlocked(temporary()));
  const auto source = file->source();
  EXPECT_FALSE(remove_if_unlocked(temporary()));
  EXPECT_TRUE(disk_.has(".tmp"));
}

TEST_F(StagedFileTest, ALeftoverIsRemovedAndNothingElse) {
  disk_.write("dead", "x");
  disk_.write("folder/x", "x");
  std::filesystem::create_symlink("folder/x", disk_.path("link"));
  EXPECT_TRUE(remove_if_unlocked(disk_.path("dead")));
  EXPECT_FALSE(remove_if_unlocked(disk_.path("dead")));
  EXPECT_FALSE(remove_if_unlocked(disk_.path("folder")));
  EXPECT_FALSE(remove_if_unlocked(disk_.path("link")));
  EXPECT_EQ(disk_.count(), 2U);
}

TEST_F(StagedFileTest, RoomIsMadeAsLongAsItHelps) {
  const SmallDisk small("size=1m");
  if (!small.mounted()) GTEST_SKIP() << "cannot mount a file system here";
  small.at().write("filler", std::string(900 * kKiB, 'f'));
  int calls = 0;
  StagedFile::Options made = options();
  made.directory = small.at().path();
  made.make_room = [&] {
    errno = EIO;  // whatever it does, the reason told is that of the write
    return ++calls == 1 && std::filesystem::remove(small.at().path("filler"));
  };
  StagedFile file(made);
  file.write_at(0, as_bytes(std::string(500 * kKiB, 'x')));
  EXPECT_EQ(calls, 1);
  try {
    file.write_at(500 * kKiB, as_bytes(std::string(900 * kKiB, 'x')));
    FAIL() << "1 MiB holds more than that";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNoSpace);
  }
  EXPECT_EQ(calls, 2);
  EXPECT_THROW((void)file.commit("name"), Error);
}

// What stands in where the file system lacks renameat2(NOREPLACE).
class PublishTest
    : public StagedFileTest,
      public testing::WithParamInterface<int (*)(int, const std::string&, const std::string&)> {};

TEST_P(PublishTest, RenamesAndNeverReplaces) {
  const UniqueFd directory(::open(disk_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  disk_.write("a", "A");
  disk_.write("b", "B");
  EXPECT_EQ(GetParam()(directory.get(), "a", "b"), EEXIST);
  EXPECT_EQ(GetParam()(directory.get(), "a", "c"), 0);
  EXPECT_EQ(GetParam()(directory.get(), "a", "d"), ENOENT);
  EXPECT_EQ(disk_.read("b"), "B");
  EXPECT_EQ(disk_.read("c"), "A");
  EXPECT_EQ(disk_.count(), 2U);
}

INSTANTIATE_TEST_SUITE_P(Ways, PublishTest,
                         testing::Values(&publish, &publish_by_link, &publish_by_placeholder));

}  // namespace
}  // namespace backshelf
