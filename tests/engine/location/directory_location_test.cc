#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <thread>

#include "engine/base/error.h"
#include "engine/location/directory_objects.h"
#include "engine/location/location.h"
#include "engine/location/object_names.h"
#include "tests/support/kind_of.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

class FixedClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return Instant(std::chrono::seconds(seconds)); }
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override { return {}; }
  std::int64_t seconds = 1'700'000'000;
};

class DirectoryLocationTest : public testing::Test {
 protected:
  [[nodiscard]] DirectoryLocationOptions options(const std::string& installation = "aa11") const {
    DirectoryLocationOptions made;
    made.path = disk_.path();
    made.installation = installation;
    made.clock = &clock_;
    return made;
  }
  [[nodiscard]] std::vector<std::string> names() {
    std::vector<std::string> found;
    for (const ObjectInfo& object : location_->list()) found.push_back(object.name);
    std::sort(found.begin(), found.end());
    return found;
  }
  void store(const std::string& name, const std::string& content) {
    const auto object = location_->create("job");
    object->write(as_bytes(content));
    (void)object->commit(name);
  }
  TempDirectory disk_;
  FixedClock clock_;
  std::unique_ptr<Location> location_ = make_directory_location(options());
};

using Names = std::vector<std::string>;

TEST_F(DirectoryLocationTest, ListsRegularTarFilesAndNothingElse) {
  disk_.write("B.tar", "b");
  disk_.write("A.tar", "aa");
  disk_.write(".hidden.tar", "x");
  disk_.write("C.tar.part", "x");
  disk_.write("sub/D.tar", "x");
  std::filesystem::create_directory(disk_.path("folder.tar"));
  std::filesystem::create_symlink("/etc/passwd", disk_.path("link.tar"));
  ASSERT_EQ(::mkfifo(disk_.path("pipe.tar").c_str(), 0600), 0);
  EXPECT_EQ(names(), (Names{"A.tar", "B.tar"}));
  EXPECT_EQ(location_->find("A.tar")->size, 2U);
  EXPECT_FALSE(location_->find("link.tar"));
  EXPECT_FALSE(location_->find("sub/D.tar"));
  EXPECT_EQ(kind_of([&] { (void)location_->open("link.tar"); }), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of([&] { (void)location_->open("../etc"); }), ErrorKind::kNotFound);
}

TEST_F(DirectoryLocationTest, AnObjectIsInvisibleUntilCommitted) {
  const auto object = location_->create("job");
  object->write(as_bytes("hello world"));
  object->patch(0, as_bytes("J"));
  EXPECT_TRUE(names().empty());
  const ObjectInfo info = object->commit("A.tar");
  EXPECT_EQ(info, location_->find("A.tar"));
  EXPECT_EQ(disk_.read("A.tar"), "Jello world");
  EXPECT_EQ(disk_.count(), 1U);
  struct stat status {};
  ASSERT_EQ(::stat(disk_.path("A.tar").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(kind_of([&] { (void)object->commit("B.tar"); }), ErrorKind::kInternal);
}

TEST_F(DirectoryLocationTest, WithoutCommitNothingIsLeft) {
  location_->create("job")->write(as_bytes("x"));
  location_->stage("job")->write_at(5, as_bytes("x"));
  EXPECT_EQ(disk_.count(), 0U);
}

TEST_F(DirectoryLocationTest, PatchingBehindTheEndIsRefused) {
  const auto object = location_->create("job");
  object->write(as_bytes("12"));
  EXPECT_EQ(kind_of([&] { object->patch(1, as_bytes("xx")); }), ErrorKind::kInternal);
  EXPECT_EQ(kind_of([&] { object->patch(~0ULL, as_bytes("xx")); }), ErrorKind::kInternal);
}

TEST_F(DirectoryLocationTest, AStagedObjectTakesAnyOrderOfWrites) {
  const auto stage = location_->stage("upload");
  std::vector<std::thread> writers;
  for (std::size_t i = 0; i < 4; ++i) {
    writers.emplace_back([&, i] {
      for (std::size_t block = 16; block-- > 0;) {
        const std::string text(1000, static_cast<char>('a' + i));
        stage->write_at((block * 4 + i) * 1000, as_bytes(text));
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  stage->truncate(63'500);
  stage->set_mtime({1'000'000'000, 7});
  EXPECT_EQ(stage->size(), 63'500U);
  ByteVec bytes(3000);
  EXPECT_EQ(stage->read_at(61'000, bytes), 2500U);
  EXPECT_EQ(as_text(ByteView(bytes).first(2500)),
            std::string(1000, 'b') + std::string(1000, 'c') + std::string(500, 'd'));
  const ObjectInfo info = stage->commit("U.tar");
  EXPECT_EQ(info.mtime, (Timestamp{1'000'000'000, 7}));
  EXPECT_EQ(info, location_->find("U.tar"));
}

TEST_F(DirectoryLocationTest, AStagesSourceOutlivesIt) {
  auto stage = location_->stage("upload");
  stage->write_at(0, as_bytes("0123456789"));
  const auto source = stage->source();
  stage.reset();
  ByteVec bytes(4);
  EXPECT_EQ(source->size(), 10U);
  EXPECT_EQ(source->read_at(8, bytes), 2U);
  EXPECT_EQ(disk_.count(), 0U);
}

TEST_F(DirectoryLocationTest, NothingIsEverOverwritten) {
  store("A.tar", "old");
  store("B.tar", "other");
  EXPECT_EQ(kind_of([&] { store("A.tar", "new"); }), ErrorKind::kExists);
  EXPECT_EQ(kind_of([&] { location_->rename("B.tar", "A.tar"); }), ErrorKind::kExists);
  EXPECT_EQ(disk_.read("A.tar"), "old");
  EXPECT_EQ(disk_.count(), 2U) << "a temporary file was left";
  location_->rename("B.tar", "C.tar");
  EXPECT_EQ(names(), (Names{"A.tar", "C.tar"}));
}

TEST_F(DirectoryLocationTest, BadNamesAreRefusedAndLeaveNothing) {
  store("A.tar", "x");
  for (const char* name : {"", ".", "..", ".x.tar", "x", "../x.tar", "a/b.tar"}) {
    EXPECT_EQ(kind_of([&] { store(name, "y"); }), ErrorKind::kInvalid) << name;
    EXPECT_EQ(kind_of([&] { location_->rename("A.tar", name); }), ErrorKind::kInvalid) << name;
    EXPECT_EQ(kind_of([&] { location_->remove(name); }), ErrorKind::kNotFound) << name;
    EXPECT_EQ(kind_of([&] { (void)location_->hide(name); }), ErrorKind::kNotFound) << name;
  }
  EXPECT_EQ(disk_.count(), 1U);
}

TEST_F(DirectoryLocationTest, ADeletedObjectComesBackUnderAFreeName) {
  store("A.tar", "first");
  const auto reader = location_->open("A.tar");
  const std::string hidden = location_->hide("A.tar");
  EXPECT_TRUE(names().empty());
  ASSERT_EQ(location_->list_hidden().size(), 1U);
  EXPECT_EQ(location_->list_hidden()[0].name, hidden);
  EXPECT_EQ(parse_hidden_name(hidden, "aa11")->original, "A.tar");
  ByteVec bytes(5);
  EXPECT_EQ(reader->read_at(0, bytes), 5U) << "an open archive stays readable";
  store("A.tar", "second");
  EXPECT_EQ(location_->unhide(hidden, "A.tar"), "A (2).tar");
  EXPECT_EQ(disk_.read("A (2).tar"), "first");
  EXPECT_EQ(disk_.read("A.tar"), "second");
  EXPECT_EQ(kind_of([&] { (void)location_->unhide(hidden, "A.tar"); }), ErrorKind::kNotFound);
}

TEST_F(DirectoryLocationTest, HiddenObjectsOfAnotherInstallationAreNotOurs) {
  store("A.tar", "x");
  const auto other = make_directory_location(options("bb22"));
  const std::string hidden = other->hide("A.tar");
  EXPECT_TRUE(location_->list_hidden().empty());
  EXPECT_EQ(kind_of([&] { location_->remove(hidden); }), ErrorKind::kNotFound);
  other->remove(hidden);
  EXPECT_EQ(disk_.count(), 0U);
}

TEST_F(DirectoryLocationTest, OnlyDeadTemporaryFilesOfOursAreRemoved) {
  const auto living = location_->create("running");
  disk_.write(temporary_name("aa11", "crashed", "r"), "x");
  disk_.write(temporary_name("bb22", "crashed", "r"), "x");
  disk_.write("A.tar.part", "x");
  std::filesystem::create_symlink(disk_.path("A.tar.part"),
                                  disk_.path(temporary_name("aa11", "l", "r")));
  EXPECT_EQ(location_->remove_leftovers(), 1U);
  EXPECT_TRUE(disk_.has(temporary_name("bb22", "crashed", "r")));
  EXPECT_TRUE(disk_.has("A.tar.part"));
  living->write(as_bytes("still here"));
  (void)living->commit("A.tar");
  EXPECT_EQ(disk_.read("A.tar"), "still here");
}

TEST_F(DirectoryLocationTest, AReadOnlyLocationChangesNothing) {
  store("A.tar", "x");
  DirectoryLocationOptions made = options();
  made.read_only = true;
  const auto fixed = make_directory_location(made);
  EXPECT_TRUE(fixed->read_only());
  EXPECT_EQ(fixed->list().size(), 1U);
  EXPECT_EQ(kind_of([&] { (void)fixed->create("job"); }), ErrorKind::kReadOnly);
  EXPECT_EQ(kind_of([&] { (void)fixed->stage("job"); }), ErrorKind::kReadOnly);
  EXPECT_EQ(kind_of([&] { (void)fixed->hide("A.tar"); }), ErrorKind::kReadOnly);
  EXPECT_EQ(kind_of([&] { fixed->rename("A.tar", "B.tar"); }), ErrorKind::kReadOnly);
  EXPECT_EQ(kind_of([&] { fixed->remove("A.tar"); }), ErrorKind::kReadOnly);
  disk_.write(temporary_name("aa11", "crashed", "r"), "x");
  EXPECT_EQ(fixed->remove_leftovers(), 0U);
}

TEST_F(DirectoryLocationTest, OneFileAloneMayHaveAnyNameAndBeALink) {
  disk_.write("real.bin", "123");
  disk_.write("B.tar", "x");
  std::filesystem::create_symlink("real.bin", disk_.path(".odd"));
  DirectoryLocationOptions made = options();
  made.only_file = ".odd";
  const auto single = make_directory_location(made);
  ASSERT_EQ(single->list().size(), 1U);
  EXPECT_EQ(single->list()[0].name, ".odd");
  EXPECT_EQ(single->open(".odd")->size(), 3U);
  EXPECT_FALSE(single->find("B.tar"));
  EXPECT_TRUE(single->read_only());
}

TEST_F(DirectoryLocationTest, TheIdentityChangesWithTheBytes) {
  store("A.tar", "one");
  const ObjectInfo before = *location_->find("A.tar");
  EXPECT_EQ(location_->find("A.tar")->identity, before.identity);
  disk_.write("A.tar", "two");
  std::filesystem::last_write_time(disk_.path("A.tar"), {});
  EXPECT_NE(location_->find("A.tar")->identity, before.identity);
}

TEST_F(DirectoryLocationTest, TheIdentityStaysWhenTheDiskIsMountedAgain) {
  store("A.tar", "one");
  struct stat status {};
  ASSERT_EQ(::stat(disk_.path("A.tar").c_str(), &status), 0);
  const std::string before = info_of("A.tar", status).identity;
  EXPECT_EQ(before, location_->find("A.tar")->identity);
  ++status.st_dev;
  EXPECT_EQ(info_of("A.tar", status).identity, before);
}

TEST_F(DirectoryLocationTest, ChangesWakeWhoWatches) {
  pollfd waiting{location_->change_fd(), POLLIN, 0};
  ASSERT_GE(waiting.fd, 0);
  EXPECT_EQ(::poll(&waiting, 1, 0), 0);
  disk_.write("A.tar", "x");
  EXPECT_EQ(::poll(&waiting, 1, 1000), 1);
  location_->drain_changes();
  EXPECT_EQ(::poll(&waiting, 1, 0), 0);
}

TEST_F(DirectoryLocationTest, AMissingPlaceSaysWhatToDo) {
  DirectoryLocationOptions made = options();
  made.path = disk_.path("gone");
  try {
    (void)make_directory_location(made);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNotFound);
    EXPECT_FALSE(error.todo().empty());
  }
  disk_.write("file", "x");
  made.path = disk_.path("file");
  EXPECT_EQ(kind_of([&] { (void)make_directory_location(made); }), ErrorKind::kInvalid);
}

TEST_F(DirectoryLocationTest, APlaceThatGoesAwayThrows) {
  std::filesystem::remove_all(disk_.path());
  EXPECT_EQ(kind_of([&] { (void)location_->list(); }), ErrorKind::kNotFound);
  EXPECT_FALSE(location_->read_only());
  EXPECT_EQ(kind_of([&] { (void)location_->find("A.tar"); }), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of([&] { (void)location_->create("job"); }), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of([&] { (void)location_->remove_leftovers(); }), ErrorKind::kNotFound);
}

}  // namespace
}  // namespace backshelf
