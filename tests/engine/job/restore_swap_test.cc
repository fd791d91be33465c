#include "engine/job/restore_swap.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <map>

#include "engine/base/error.h"
#include "engine/disk/exchange.h"
#include "engine/disk/file.h"
#include "engine/job/restore_recovery.h"
#include "engine/job/restore_steps.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

using Tree = std::map<std::string, std::string>;  // path -> content, or "/" for a folder

Tree tree_below(const std::string& root) {
  Tree tree;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const std::string path = std::filesystem::relative(entry.path(), root).string();
    if (entry.is_directory()) {
      tree[path] = "/";
    } else {
      std::ifstream file(entry.path(), std::ios::binary);
      tree[path] = std::string(std::istreambuf_iterator<char>(file), {});
    }
  }
  return tree;
}

// A home with two folders, the new content of both, and a third folder that is only coming. In
// `config` something stays, so it is exchanged entry by entry.
class SwapTest : public testing::Test {
 protected:
  struct Scene {
    TempDirectory disk;
    RestoreJournal journal;
    [[nodiscard]] std::string home() const { return disk.path("home"); }
    [[nodiscard]] std::string path() const { return disk.path("journal"); }
  };

  static void write_both(const TempDirectory& disk, const std::string& holder) {
    for (const char* const name : {"configuration.yaml", "old only", "both/deep/x", "both/old",
                                   "gone/x", "backups/a.tar", "www/cache/kept", "www/page"}) {
      disk.write(concat("home/config/", name), concat("old ", name));
    }
    for (const char* const name : {"configuration.yaml", "new only", "both/deep/x", "both/new",
                                   "come/x", "backups/b.tar", "www/page", "www/more"}) {
      disk.write(concat(holder, "/new/config/", name), concat("new ", name));
    }
    disk.write("home/share/x", "old x");
    disk.write(holder + "/new/share/x", "new x");
    disk.write(holder + "/new/apps/one/x", "new app");
  }

  static std::unique_ptr<Scene> make() {
    auto scene = std::make_unique<Scene>();
    const std::string holder = concat("home/", kHolderPrefix, "7");
    write_both(scene->disk, holder);
    scene->journal.job = "7";
    for (const char* const inner : {"config", "share", "apps/one"}) {
      RestoredFolder folder{scene->disk.path(concat("home/", inner)),
                            scene->disk.path(holder),
                            inner,
                            true,
                            {0755, 0, 0, {1'700'000'000, 5}}};
      if (!find_status(folder.directory)) folder.attributes.mode = 0700;
      scene->disk.write(concat(holder, "/new/", inner, "/", scene->journal.mark()), "");
      scene->journal.folders.push_back(folder);
    }
    for (std::size_t i = 0; i < scene->journal.folders.size(); ++i) {
      KeepRules::Facts facts;
      facts.inner = scene->journal.folders[i].inner;
      facts.ours = {"config/www/cache/**"};
      plan_exchange(scene->journal, i, KeepRules(facts));
    }
    scene->journal.phase = RestoreJournal::Phase::kExchange;
    save_journal(scene->path(), scene->journal);
    return scene;
  }

  // The home as it is when nothing of ours lies in it any more.
  static Tree home_of(const Scene& scene) {
    settle_new_folders(scene.journal);
    remove_holders(scene.journal);
    return tree_below(scene.home());
  }

  static Tree old_home() {
    const auto scene = make();
    remove_holders(scene->journal);
    return tree_below(scene->home());
  }
  static Tree new_home() {
    const auto scene = make();
    exchange_forward(scene->journal);
    return home_of(*scene);
  }

  // Runs `work` in a process that dies before change number `at`; false: it ended before.
  static bool dies(int at, const std::function<void(const OnSwap&)>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
      int left = at;
      work([&left] {
        if (left-- == 0) ::_exit(9);
      });
      ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 9;
  }
};

TEST_F(SwapTest, PutsTheNewInAndKeepsWhatStays) {
  const Tree home = new_home();
  EXPECT_EQ(home.at("config/configuration.yaml"), "new configuration.yaml");
  EXPECT_EQ(home.at("config/both/new"), "new both/new");
  EXPECT_FALSE(home.contains("config/both/old"));
  EXPECT_FALSE(home.contains("config/old only"));
  EXPECT_FALSE(home.contains("config/gone"));
  EXPECT_EQ(home.at("config/backups/a.tar"), "old backups/a.tar");
  EXPECT_FALSE(home.contains("config/backups/b.tar"));
  EXPECT_EQ(home.at("config/www/cache/kept"), "old www/cache/kept");
  EXPECT_EQ(home.at("config/www/page"), "new www/page");
  EXPECT_EQ(home.at("share/x"), "new x");
  EXPECT_EQ(home.at("apps/one/x"), "new app");
}

TEST_F(SwapTest, AWholeFolderIsOneExchangeAndOneWithSomethingThatStaysIsNot) {
  const auto scene = make();
  EXPECT_FALSE(scene->journal.folders[0].whole);
  EXPECT_TRUE(scene->journal.folders[1].whole);
  EXPECT_TRUE(scene->journal.folders[2].whole);
}

TEST_F(SwapTest, GivesTheFoldersTheirStoredTimes) {
  const auto scene = make();
  exchange_forward(scene->journal);
  settle_new_folders(scene->journal);
  for (const char* const name : {"config", "share", "apps/one"}) {
    EXPECT_EQ(mtime_of(*find_status(concat(scene->home(), "/", name))),
              (Timestamp{1'700'000'000, 5}))
        << name;
  }
}

TEST_F(SwapTest, KilledBeforeAnyChangeItIsFinishedByTheNextStart) {
  const Tree wanted = new_home();
  int kills = 0;
  for (;; ++kills) {
    const auto scene = make();
    const bool died =
        dies(kills, [&](const OnSwap& on_swap) { exchange_forward(scene->journal, on_swap); });
    finish_restore(scene->path(), {}, nullptr, null_log());
    EXPECT_EQ(tree_below(scene->home()), wanted) << "killed before change " << kills;
    EXPECT_FALSE(find_status(scene->path()));
    if (!died) break;
  }
  EXPECT_GT(kills, 10);
}

TEST_F(SwapTest, KilledBeforeAnyChangeItCanBeTakenBack) {
  const Tree wanted = old_home();
  for (int kills = 0;; ++kills) {
    const auto scene = make();
    const bool died =
        dies(kills, [&](const OnSwap& on_swap) { exchange_forward(scene->journal, on_swap); });
    exchange_back(scene->journal);
    remove_holders(scene->journal);
    EXPECT_EQ(tree_below(scene->home()), wanted) << "killed before change " << kills;
    if (!died) break;
  }
}

TEST_F(SwapTest, KilledWhileItIsTakenBackItStillEndsAllNewOrAllOld) {
  const Tree old_one = old_home(), new_one = new_home();
  for (int kills = 0;; ++kills) {
    const auto scene = make();
    exchange_forward(scene->journal);
    const bool died =
        dies(kills, [&](const OnSwap& on_swap) { exchange_back(scene->journal, on_swap); });
    if (kills % 2 == 0) {
      finish_restore(scene->path(), {}, nullptr, null_log());
      EXPECT_EQ(tree_below(scene->home()), new_one) << "killed before change " << kills;
    } else {
      exchange_back(scene->journal);
      remove_holders(scene->journal);
      EXPECT_EQ(tree_below(scene->home()), old_one) << "killed before change " << kills;
    }
    if (!died) break;
  }
}

TEST_F(SwapTest, TakingBackRestoresTheTimesOfFolders) {
  const auto scene = make();
  const auto before = attributes_of(*find_status(concat(scene->home(), "/config/www")));
  const auto root = scene->journal.attributes.back().before;
  exchange_forward(scene->journal);
  exchange_back(scene->journal);
  EXPECT_EQ(attributes_of(*find_status(concat(scene->home(), "/config/www"))).mtime, before.mtime);
  EXPECT_EQ(attributes_of(*find_status(concat(scene->home(), "/config"))).mtime, root.mtime);
}

// Where the file system cannot exchange, two renames do it.
TEST_F(SwapTest, WithoutExchangeTheFolderInBetweenIsRecognised) {
  const Tree old_one = old_home(), new_one = new_home();
  for (const bool second : {false, true}) {
    for (const bool forward : {false, true}) {
      const auto scene = make();
      const RestoredFolder& share = scene->journal.folders[1];
      rename_to_free(share.directory, share.old_path());
      if (second) rename_to_free(share.new_path(), share.directory);
      if (forward) {
        exchange_forward(scene->journal);
        EXPECT_EQ(home_of(*scene), new_one) << second;
      } else {
        exchange_back(scene->journal);
        remove_holders(scene->journal);
        EXPECT_EQ(tree_below(scene->home()), old_one) << second;
      }
    }
  }
}

TEST_F(SwapTest, WhatWasWrittenMeanwhileIsNoObstacle) {
  const auto scene = make();
  const bool died =
      dies(5, [&](const OnSwap& on_swap) { exchange_forward(scene->journal, on_swap); });
  ASSERT_TRUE(died);
  for (const RestoreStep& step : scene->journal.steps) {
    const std::string path = concat(scene->home(), "/config/", step.path);
    if (!find_status(path)) std::ofstream(path) << "made by a program that started too early";
  }
  finish_restore(scene->path(), {}, nullptr, null_log());
  EXPECT_EQ(tree_below(scene->home()).at("config/configuration.yaml"), "new configuration.yaml");
  EXPECT_FALSE(find_status(scene->disk.path(concat("home/", kHolderPrefix, "7"))));
}

TEST_F(SwapTest, AnExchangeThatFailsLeavesTheOldHome) {
  const Tree wanted = old_home();
  const auto scene = make();
  // The new content of one entry vanished and something else stands where it should go.
  std::filesystem::remove_all(scene->journal.folders[2].new_path());
  RestoreJournal journal = scene->journal;
  EXPECT_THROW(exchange_or_take_back(journal, scene->path()), Error);
  EXPECT_EQ(journal.phase, RestoreJournal::Phase::kStage);
  EXPECT_EQ(find_journal(scene->path())->phase, RestoreJournal::Phase::kStage);
  remove_holders(journal);
  EXPECT_EQ(tree_below(scene->home()), wanted);
}

TEST_F(SwapTest, AnInterruptedStageIsRemoved) {
  const Tree wanted = old_home();
  const auto scene = make();
  scene->journal.phase = RestoreJournal::Phase::kStage;
  save_journal(scene->path(), scene->journal);
  finish_restore(scene->path(), {}, nullptr, null_log());
  EXPECT_EQ(tree_below(scene->home()), wanted);
  EXPECT_FALSE(find_status(scene->path()));
}

TEST_F(SwapTest, ARestartedHomeIsStoppedAndStartedAroundTheRest) {
  const auto scene = make();
  scene->journal.after_is_due = true;
  save_journal(scene->path(), scene->journal);
  HookCommands hooks;
  hooks.section = "restore";
  hooks.before = concat("touch ", scene->disk.path("stopped"));
  hooks.after = concat("touch ", scene->disk.path("started"));
  finish_restore(scene->path(), hooks, nullptr, null_log());
  EXPECT_TRUE(scene->disk.has("stopped"));
  EXPECT_TRUE(scene->disk.has("started"));
}

TEST_F(SwapTest, ADiskThatIsNotMountedYetIsWaitedFor) {
  const auto scene = make();
  std::filesystem::rename(scene->home(), scene->disk.path("elsewhere"));
  EXPECT_THROW(finish_restore(scene->path(), {}, nullptr, null_log()), Error);
  EXPECT_TRUE(find_status(scene->path()));
  std::filesystem::rename(scene->disk.path("elsewhere"), scene->home());
  const Tree wanted = new_home();
  finish_restore(scene->path(), {}, nullptr, null_log());
  EXPECT_EQ(tree_below(scene->home()), wanted);
}

}  // namespace
}  // namespace backshelf
