#include "engine/catalog/state_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

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
  add_one(*StateStore::open(directory.path()));
  EXPECT_FALSE(directory.has(".state.json.12345.tmp"));
}

TEST(StateStore, AChangeOnAFullDiskIsKeptInMemoryAndWrittenLater) {
  const SmallDisk disk("size=64k");
  if (!disk.mounted()) GTEST_SKIP() << "no mounting here";
  const auto store = StateStore::open(disk.at().path("state"));
  add_one(*store);
  std::ofstream filler(disk.at().path("filler"), std::ios::binary);
  filler << std::string(1 << 20, 'x') << std::flush;
  add_one(*store);
  EXPECT_EQ(store->read()["count"].int_or(0), 2);
  EXPECT_NE(store->problem(), "");
  EXPECT_EQ(StateStore::open(disk.at().path("state"))->read()["count"].int_or(0), 1);
  ASSERT_EQ(::unlink(disk.at().path("filler").c_str()), 0);
  filler.close();
  add_one(*store);
  EXPECT_EQ(store->problem(), "");
  EXPECT_EQ(StateStore::open(disk.at().path("state"))->read()["count"].int_or(0), 3);
}

TEST(StateStore, WorksInMemoryWhereItsDirectoryCannotBeMade) {
  const TempDirectory directory;
  directory.write("file", "in the way");
  const auto store = StateStore::open(directory.path("file/state"));
  add_one(*store);
  EXPECT_EQ(store->read()["count"].int_or(0), 1);
  EXPECT_NE(store->problem(), "");
}

}  // namespace
}  // namespace backshelf
