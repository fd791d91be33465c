#include "engine/catalog/state_store.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "tests/support/kind_of.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

void add_one(StateStore& store) {
  store.update([](Json& state) { state.set("count", state["count"].int_or(0) + 1); });
}

TEST(StateStore, KeepsItsContentOverARestart) {
  const TempDirectory directory;
  const std::string path = directory.path("new/state");
  const std::string installation = StateStore::open(path)->installation();
  add_one(*StateStore::open(path));
  const auto store = StateStore::open(path);
  EXPECT_EQ(store->read()["count"].int_or(0), 1);
  EXPECT_EQ(store->installation(), installation);
  EXPECT_EQ(installation.size(), 32U);
  EXPECT_TRUE(store->persistent());
  EXPECT_EQ(store->problem(), "");
}

TEST(StateStore, IsReadableByItsOwnerAlone) {
  const TempDirectory directory;
  add_one(*StateStore::open(directory.path("state")));
  struct stat status {};
  ASSERT_EQ(::stat(directory.path("state").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  ASSERT_EQ(::stat(directory.path("state/state.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST(StateStore, InMemoryWritesNothing) {
  const auto store = StateStore::open("");
  add_one(*store);
  EXPECT_EQ(store->read()["count"].int_or(0), 1);
  EXPECT_FALSE(store->persistent());
  EXPECT_EQ(store->installation().size(), 32U);
}

TEST(StateStore, SeesWhatAnotherProcessWrote) {
  const TempDirectory directory;
  const auto ours = StateStore::open(directory.path());
  add_one(*ours);
  add_one(*StateStore::open(directory.path()));
  EXPECT_EQ(ours->read()["count"].int_or(0), 2);
}

TEST(StateStore, LosesNoUpdateOfThreadsAndProcesses) {
  constexpr int kUpdates = 8;
  const TempDirectory directory;
  const auto store = StateStore::open(directory.path());
  const pid_t child = ::fork();
  if (child == 0) {
    const auto other = StateStore::open(directory.path());
    for (int i = 0; i < kUpdates; ++i) add_one(*other);
    ::_exit(0);
  }
  for (int i = 0; i < kUpdates; ++i) add_one(*store);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < kUpdates; ++i) add_one(*store);
    });
  }
  threads.clear();
  EXPECT_EQ(StateStore::open(directory.path())->read()["count"].int_or(0), 6 * kUpdates);
}

TEST(StateStore, AnUpdateThatThrowsChangesNothing) {
  const TempDirectory directory;
  const auto store = StateStore::open(directory.path());
  add_one(*store);
  EXPECT_THROW(store->update([](Json& state) {
    state.set("count", 7);
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  EXPECT_EQ(store->read()["count"].int_or(0), 1);
}

// Error paths.

TEST(StateStore, KeepsADamagedFileAsideAndBeginsAnew) {
  for (const std::string damage : {"{\"count\": 1", "", "[1]", "\xff\xfe"}) {
    const TempDirectory directory;
    directory.write("state.json", damage);
    const auto store = StateStore::open(directory.path());
    EXPECT_NE(store->problem(), "");
    EXPECT_EQ(directory.read("state.json.damaged"), damage);
    add_one(*store);
    EXPECT_EQ(StateStore::open(directory.path())->read()["count"].int_or(0), 1);
  }
}

TEST(StateStore, RemovesTheLeftoverOfAKilledWriter) {
  const TempDirectory directory;
  directory.write(".state.json.12345.tmp", "{");
  directory.write(".status.json.12345.tmp", "{");
  directory.write(".other.json.12345.tmp", "{");
  add_one(*StateStore::open(directory.path()));
  EXPECT_FALSE(directory.has(".state.json.12345.tmp"));
  EXPECT_FALSE(directory.has(".status.json.12345.tmp"));
  EXPECT_TRUE(directory.has(".other.json.12345.tmp"));
}

TEST(StateStore, AChangeOnAFullDiskIsKeptInMemoryAndWrittenLater) {
  const SmallDisk disk("size=64k");
  if (!disk.mounted()) GTEST_SKIP() << "no mounting here";
  const auto store = StateStore::open(disk.at().path("state"));
  add_one(*store);
  std::ofstream filler(disk.at().path("filler"), std::ios::binary);
  filler << std::string(1 << 20, 'x') << std::flush;
  EXPECT_TRUE(store->saved());
  add_one(*store);
  EXPECT_FALSE(store->saved());
  EXPECT_EQ(store->read()["count"].int_or(0), 2);
  EXPECT_NE(store->problem(), "");
  EXPECT_EQ(StateStore::open(disk.at().path("state"))->read()["count"].int_or(0), 1);
  ASSERT_EQ(::unlink(disk.at().path("filler").c_str()), 0);
  filler.close();
  add_one(*store);
  EXPECT_TRUE(store->saved());
  EXPECT_EQ(store->problem(), "");
  EXPECT_EQ(StateStore::open(disk.at().path("state"))->read()["count"].int_or(0), 3);
}

// Ends being root for a while: root reads every file.
class AsNobody {
 public:
  AsNobody() : was_root_(::geteuid() == 0) {
    if (was_root_) changed_ = ::seteuid(65534) == 0;
  }
  ~AsNobody() {
    if (changed_) (void)!::seteuid(0);
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
  [[nodiscard]] bool is_one() const { return !was_root_ || changed_; }

 private:
  bool was_root_, changed_ = false;
};

TEST(StateStore, WhatIsThereAndCannotBeReadIsNeverWrittenOver) {
  const TempDirectory directory;
  const std::string content = R"({"count": 5, "installation": "aa"})";
  directory.write("state.json", content);
  ASSERT_EQ(::chmod(directory.path().c_str(), 0777), 0);
  ASSERT_EQ(::chmod(directory.path("state.json").c_str(), 0), 0);
  {
    const AsNobody nobody;
    if (!nobody.is_one()) FAIL() << "run the tests as root: this one becomes nobody";
    const auto store = StateStore::open(directory.path());
    EXPECT_THAT(store->problem(), testing::HasSubstr("state.json"));
    EXPECT_EQ(kind_of([&] { add_one(*store); }), ErrorKind::kAccess);
    EXPECT_EQ(kind_of([&] { (void)store->installation(); }), ErrorKind::kAccess);
    EXPECT_EQ(store->read()["count"].int_or(0), 0);
  }
  ASSERT_EQ(::chmod(directory.path("state.json").c_str(), 0600), 0);
  EXPECT_EQ(directory.read("state.json"), content);
}

TEST(StateStore, AFileThatIsReadableAgainIsUsedAgain) {
  const TempDirectory directory;
  ASSERT_EQ(::chmod(directory.path().c_str(), 0777), 0);
  const AsNobody nobody;
  if (!nobody.is_one()) FAIL() << "run the tests as root: this one becomes nobody";
  const auto store = StateStore::open(directory.path());
  add_one(*store);
  add_one(*StateStore::open(directory.path()));
  ASSERT_EQ(::chmod(directory.path("state.json").c_str(), 0), 0);
  EXPECT_EQ(kind_of([&] { add_one(*store); }), ErrorKind::kAccess);
  EXPECT_EQ(store->read()["count"].int_or(0), 1) << "the last that is known";
  ASSERT_EQ(::chmod(directory.path("state.json").c_str(), 0600), 0);
  add_one(*store);
  EXPECT_EQ(store->read()["count"].int_or(0), 3);
  EXPECT_EQ(store->problem(), "");
}

TEST(StateStore, WorksInMemoryWhereItsDirectoryCannotBeMade) {
  const TempDirectory directory;
  directory.write("file", "in the way");
  const auto store = StateStore::open(directory.path("file/state"));
  add_one(*store);
  EXPECT_EQ(store->read()["count"].int_or(0), 1);
  EXPECT_NE(store->problem(), "");
  EXPECT_FALSE(store->saved());
}

}  // namespace
}  // namespace backshelf
