#include "engine/catalog/watcher.h"

#include <atomic>
#include <thread>

#include "tests/engine/catalog/shelf_fixture.h"
#include "tests/support/wait_until.h"

namespace backshelf {
namespace {

using std::chrono::milliseconds;

class WatcherTest : public ShelfFixture {
 protected:
  WatcherTest() {
    clock_ = &system_clock_;
    restart();
  }
  // Whether it becomes true in time: the contract allows one second; sanitizers are slow.
  template <typename Condition>
  [[nodiscard]] static bool soon(const Condition& condition,
                                 milliseconds limit = milliseconds(3000)) {
    return wait_until(condition, limit);
  }
};

TEST_F(WatcherTest, SeesArchivesComeAndGo) {
  std::atomic<int> changes = 0;
  catalog_->on_change([&](const Catalog::Change&) { ++changes; });
  catalog_->start_watching();
  put_day("A", 1);
  EXPECT_TRUE(soon([&] { return backup("A") != nullptr; }));
  ASSERT_EQ(::unlink(archives_.path("A.tar").c_str()), 0);
  EXPECT_TRUE(soon([&] { return backup("A") == nullptr; }));
  EXPECT_GE(changes, 2);
}

TEST_F(WatcherTest, WhatALookWritesIsNoReasonToLookAgain) {
  use_disk();
  std::atomic<int> looks = 0;
  const Watcher watcher({}, state_directory_.path(), std::chrono::seconds(60),
                        {.look =
                             [&] {
                               const int number = ++looks;
                               state_->update([&](Json& state) { state.set("look", number); });
                               return true;
                             },
                         .is_settling = [] { return false; },
                         .failed = {}});
  EXPECT_TRUE(soon([&] { return looks > 0; }));
  // Nothing can be waited for: no further look may come. A look for each write would be several by
  // then.
  std::this_thread::sleep_for(milliseconds(500));
  EXPECT_EQ(looks, 1);
}

TEST_F(WatcherTest, LivesOnWhateverALookThrows) {
  std::atomic<bool> thrown = false;
  catalog_->on_change([&](const Catalog::Change&) {
    if (!thrown.exchange(true)) throw std::runtime_error("a listener failed");
  });
  catalog_->start_watching();
  put_day("A", 1);
  EXPECT_TRUE(soon([&] { return thrown.load(); }));
  put_day("B", 2);
  EXPECT_TRUE(soon([&] { return backup("B") != nullptr; }));
}

TEST_F(WatcherTest, TellsWhatItsThreadThrewAndGoesOn) {
  std::atomic<int> looks = 0, failures = 0;
  const Watcher watcher({}, "", std::chrono::seconds(60),
                        {.look =
                             [&] {
                               if (++looks == 1) throw std::runtime_error("no");
                               return false;
                             },
                         .is_settling = [] { return false; },
                         .failed = [&](const std::string&) { ++failures; }});
  EXPECT_TRUE(soon([&] { return looks == 2; }));
  EXPECT_EQ(failures, 1);
}

TEST_F(WatcherTest, SeesThePinOfAnotherProcess) {
  use_disk();
  put_day("A", 1);
  (void)catalog_->refresh();
  catalog_->start_watching();
  const auto other_state = StateStore::open(state_directory_.path());
  const auto other = Catalog::make({.locations = {location_},
                                    .tools = {*keys_, cache_},
                                    .state = *other_state,
                                    .clock = *clock_,
                                    .log = null_log(),
                                    .undelete = std::chrono::hours(24)});
  (void)other->refresh();
  other->set_pinned(*other->shelf()->find("A"), true);
  EXPECT_TRUE(soon([&] { return backup("A")->pinned; }));
}

TEST_F(WatcherTest, WaitsForAnArchiveThatIsStillBeingWritten) {
  catalog_->start_watching();
  const std::string whole = small_archive();
  std::ofstream file(archives_.path("slow.tar"), std::ios::binary);
  file << whole.substr(0, 1500) << std::flush;
  EXPECT_TRUE(soon([&] { return backup("slow") && backup("slow")->growing; }));
  file << whole.substr(1500) << std::flush;  // no event: nothing was closed
  EXPECT_TRUE(soon([&] { return !backup("slow")->growing; }));
  EXPECT_EQ(backup("slow")->slug, "0a1b2c3d");
}

TEST_F(WatcherTest, RemovesDeletedArchivesWhenTheirTimeIsOver) {
  catalog_ = Catalog::make({.locations = {location_},
                            .tools = {*keys_, cache_},
                            .state = *state_,
                            .clock = *clock_,
                            .log = null_log(),
                            .undelete = std::chrono::seconds(1)});
  put_day("A", 1);
  put_day("B", 2);
  (void)catalog_->refresh();
  catalog_->remove(*backup("A"), false);
  EXPECT_EQ(catalog_->deleted().size(), 1U);
  // Longer than the second for which this catalog keeps what was deleted.
  std::this_thread::sleep_for(milliseconds(1100));
  catalog_->start_watching();
  EXPECT_TRUE(soon([&] { return catalog_->deleted().empty(); }));
}

TEST_F(WatcherTest, ManyThreadsUseTheCatalogAtOnce) {
  put_day("A", 1);
  put_day("B", 2);
  (void)catalog_->refresh();
  catalog_->start_watching();
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&, thread] {
      for (int round = 0; round < 4; ++round) {
        const auto now = catalog_->shelf();
        for (const BackupPtr& one : now->backups) {
          (void)catalog_->refusal(*one);
          (void)catalog_->open(*one)->members();
        }
        if (thread == 0) (void)catalog_->refresh();
        if (thread == 1) catalog_->set_pinned(*backup("A"), round % 2 == 0);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(folders().size(), 2U);
}

}  // namespace
}  // namespace backshelf
