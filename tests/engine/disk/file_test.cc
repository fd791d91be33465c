#include "engine/disk/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>

#include <algorithm>

#include "engine/base/error.h"
#include "engine/disk/file_stream.h"
#include "engine/disk/staged_file.h"
#include "engine/stream/adapters.h"
#include "tests/support/kind_of.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

class FileTest : public testing::Test {
 protected:
  TempDirectory disk_;
};

TEST_F(FileTest, ASourceIsShortOnlyAtTheEnd) {
  disk_.write("f", "0123456789");
  const FileSource source(disk_.path("f"));
  ByteVec bytes(4);
  EXPECT_EQ(source.size(), 10U);
  EXPECT_EQ(source.read_at(3, bytes), 4U);
  EXPECT_EQ(as_text(bytes), "3456");
  EXPECT_EQ(source.read_at(8, bytes), 2U);
  EXPECT_EQ(source.read_at(10, bytes), 0U);
  EXPECT_EQ(source.read_at(1ULL << 62, bytes), 0U);
}

TEST_F(FileTest, OnlyRegularFilesAreOpened) {
  disk_.write("f", "x");
  std::filesystem::create_symlink("f", disk_.path("link"));
  ASSERT_EQ(::mkfifo(disk_.path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(kind_of([&] { FileSource source(disk_.path("gone")); }), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of([&] { FileSource source(disk_.path()); }), ErrorKind::kInvalid);
  EXPECT_EQ(kind_of([&] { FileSource source(disk_.path("pipe")); }), ErrorKind::kInvalid);
  EXPECT_EQ(FileSource(disk_.path("link")).size(), 1U);
  EXPECT_EQ(kind_of([&] { (void)FileSource::open_no_link(disk_.path("link")); }),
            ErrorKind::kInvalid);
  EXPECT_EQ(FileSource::open_no_link(disk_.path("f"))->size(), 1U);
  EXPECT_EQ(kind_of([&] { (void)open_regular_file(disk_.path("link")); }), ErrorKind::kInvalid);
  EXPECT_EQ(kind_of([&] { FileStream stream(open_regular_file(disk_.path("pipe")), "pipe"); }),
            ErrorKind::kInvalid);
}

TEST_F(FileTest, AStreamGivesTheWholeFile) {
  disk_.write("f", std::string(300 * kKiB, 's'));
  FileStream stream(open_regular_file(disk_.path("f")), "f");
  MemorySink sink;
  EXPECT_EQ(pump(stream, sink), 300 * kKiB);
  EXPECT_EQ(stream.status().st_size, static_cast<off_t>(300 * kKiB));
}

TEST_F(FileTest, AWholeFileHasALimit) {
  disk_.write("f", "12345");
  EXPECT_EQ(as_text(read_file(disk_.path("f"), 5)), "12345");
  EXPECT_EQ(kind_of([&] { (void)read_file(disk_.path("f"), 4); }), ErrorKind::kInvalid);
  EXPECT_FALSE(find_file(disk_.path("gone"), 4));
  EXPECT_FALSE(find_file(disk_.path("f/gone"), 4));
}

TEST_F(FileTest, AnAtomicFileExistsOnlyWhenCommitted) {
  {
    AtomicFile file(disk_.path(), "tmp", 0600);
    file.write(as_bytes("Hello"));
    file.patch(0, as_bytes("J"));
    EXPECT_EQ(file.written(), 5U);
    EXPECT_FALSE(disk_.has("name"));
    file.commit("name", AtomicFile::Existing::kKeep);
  }
  EXPECT_EQ(disk_.read("name"), "Jello");
  { AtomicFile dropped(disk_.path(), "tmp", 0600); }
  EXPECT_EQ(disk_.count(), 1U);
}

TEST_F(FileTest, AnAtomicFileKeepsOrReplacesAsTold) {
  disk_.write("name", "old");
  {
    AtomicFile file(disk_.path(), "tmp", 0600);
    file.write(as_bytes("new"));
    EXPECT_EQ(kind_of([&] { file.commit("name", AtomicFile::Existing::kKeep); }),
              ErrorKind::kExists);
    EXPECT_EQ(disk_.read("name"), "old");
  }
  EXPECT_EQ(disk_.count(), 1U) << "its temporary file is left";
  write_file(disk_.path("name"), as_bytes("new"), 0640, AtomicFile::Existing::kReplace);
  EXPECT_EQ(disk_.read("name"), "new");
  EXPECT_EQ(find_status(disk_.path("name"))->st_mode & 07777U, 0640U);
  EXPECT_EQ(kind_of([&] { write_file(disk_.path("name"), {}, 0600, AtomicFile::Existing::kKeep); }),
            ErrorKind::kExists);
  EXPECT_EQ(disk_.count(), 1U);
}

TEST_F(FileTest, ALeftoverOfAProcessWithTheSameNumberIsNotInTheWay) {
  disk_.write(concat(".name.", ::getpid(), ".tmp"), "cut");
  write_file(disk_.path("name"), as_bytes("new"), 0600, AtomicFile::Existing::kReplace);
  EXPECT_EQ(disk_.read("name"), "new");
  EXPECT_EQ(disk_.count(), 2U);
}

TEST_F(FileTest, AnAtomicFileNeverOverwritesItsTemporaryName) {
  disk_.write("tmp", "theirs");
  EXPECT_EQ(kind_of([&] { AtomicFile file(disk_.path(), "tmp", 0600); }), ErrorKind::kExists);
  EXPECT_EQ(disk_.read("tmp"), "theirs");
}

TEST_F(FileTest, ListsADirectoryWithoutFollowingLinks) {
  disk_.write("f", "x");
  std::filesystem::create_symlink("/etc", disk_.path("link"));
  const auto entries = list_directory(disk_.path());
  ASSERT_EQ(entries.size(), 2U);
  for (const DirectoryEntry& entry : entries) {
    EXPECT_EQ(S_ISLNK(entry.status.st_mode), entry.name == "link");
  }
  EXPECT_EQ(kind_of([&] { (void)list_directory(disk_.path("gone")); }), ErrorKind::kNotFound);
}

TEST_F(FileTest, RenamesWithoutReplacing) {
  disk_.write("a", "A");
  disk_.write("b", "B");
  disk_.write("sub/x", "");
  EXPECT_EQ(kind_of([&] { rename_no_replace(disk_.path("a"), disk_.path("b")); }),
            ErrorKind::kExists);
  EXPECT_FALSE(rename_if_free(disk_.path("a"), disk_.path("b")));
  EXPECT_EQ(kind_of([&] { rename_no_replace(disk_.path("gone"), disk_.path("c")); }),
            ErrorKind::kNotFound);
  rename_no_replace(disk_.path("a"), disk_.path("sub/a"));
  EXPECT_EQ(disk_.read("sub/a"), "A");
  rename_no_replace(disk_.path("sub"), disk_.path("moved"));
  EXPECT_EQ(disk_.read("moved/a"), "A");
}

TEST_F(FileTest, RemovesAndMakes) {
  make_directories(disk_.path("a/b/c"), 0755);
  make_directories(disk_.path("a/b/c"), 0755);
  disk_.write("a/b/c/f", "");
  remove_file(disk_.path("a/b/c/f"));
  EXPECT_FALSE(remove_file_if_present(disk_.path("a/b/c/f")));
  EXPECT_EQ(kind_of([&] { remove_file(disk_.path("a/b/c/f")); }), ErrorKind::kNotFound);
  disk_.write("file", "");
  EXPECT_THROW(make_directories(disk_.path("file/x"), 0755), Error);
  EXPECT_GT(disk_space(disk_.path()).total_bytes, 0U);
}

TEST_F(FileTest, ALockIsHeldUntilItsHolderIsGone) {
  const std::string path = disk_.path("lock");
  {
    const auto held = FileLock::try_take(path);
    ASSERT_TRUE(held);
    EXPECT_FALSE(FileLock::try_take(path));
  }
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = FileLock::try_take(path);
    ::_exit(held ? 0 : 1);
  }
  int status = 1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(FileLock::try_take(path)) << "the process that held it is gone";
}

TEST_F(FileTest, AWatchTellsOfChangesOnce) {
  DirectoryWatch watch(disk_.path());
  pollfd waiting{watch.fd(), POLLIN, 0};
  disk_.write("f", "x");
  EXPECT_EQ(::poll(&waiting, 1, 1000), 1);
  watch.drain();
  EXPECT_EQ(::poll(&waiting, 1, 0), 0);
  EXPECT_EQ(DirectoryWatch::find(disk_.path("gone")), nullptr);
  EXPECT_EQ(kind_of([&] { DirectoryWatch none(disk_.path("gone")); }), ErrorKind::kNotFound);
}

TEST_F(FileTest, KnowsADirectoryThatCanBeUsed) {
  disk_.write("f", "x");
  check_readable_directory(disk_.path());
  EXPECT_FALSE(is_read_only_directory(disk_.path()));
  EXPECT_FALSE(is_read_only_directory(disk_.path("gone")));
  EXPECT_EQ(kind_of([&] { check_readable_directory(disk_.path("f")); }), ErrorKind::kInvalid);
  EXPECT_EQ(kind_of([&] { check_readable_directory(disk_.path("gone")); }), ErrorKind::kNotFound);
  const SmallDisk small("size=64k");
  if (!small.mounted()) FAIL() << "run the tests as root: this one mounts a small disk";
  const char* const at = small.at().path().c_str();
  EXPECT_FALSE(is_read_only_directory(at));
  ASSERT_EQ(::mount("none", at, nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  EXPECT_TRUE(is_read_only_directory(at));
}

}  // namespace
}  // namespace backshelf
