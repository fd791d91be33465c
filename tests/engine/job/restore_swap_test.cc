#include "engine/job/restore_swap.h"

#include "engine/disk/exchange.h"
#include "engine/job/restore_recovery.h"
#include "tests/engine/job/restore_scene.h"

namespace backshelf {
namespace {

TEST_F(SwapTest, PutsTheNewInAndKeepsWhatStays) {
  const FileMap home = new_home();
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
  const FileMap wanted = new_home();
  int kills = 0;
  for (;; ++kills) {
    const auto scene = make();
    const bool died =
        dies(kills, [&](const OnSwap& on_swap) { exchange_forward(scene->journal, on_swap); });
    (void)finish_restore(scene->path(), {}, nullptr, null_log());
    EXPECT_EQ(tree_below(scene->home()), wanted) << "killed before change " << kills;
    EXPECT_FALSE(find_status(scene->path()));
    if (!died) break;
  }
  EXPECT_GT(kills, 10);
}

TEST_F(SwapTest, KilledBeforeAnyChangeItCanBeTakenBack) {
  const FileMap wanted = old_home();
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
  const FileMap old_one = old_home(), new_one = new_home();
  for (int kills = 0;; ++kills) {
    const auto scene = make();
    exchange_forward(scene->journal);
    const bool died =
        dies(kills, [&](const OnSwap& on_swap) { exchange_back(scene->journal, on_swap); });
    if (kills % 2 == 0) {
      (void)finish_restore(scene->path(), {}, nullptr, null_log());
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
  const FileMap old_one = old_home(), new_one = new_home();
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

// A container engine makes a folder that it is to mount and does not find.
TEST_F(SwapTest, AFolderMadeAnewMeanwhileNeverCostsTheOldContent) {
  const FileMap old_one = old_home(), new_one = new_home();
  for (const bool forward : {false, true}) {
    const auto scene = make();
    const RestoredFolder& share = scene->journal.folders[1];
    rename_to_free(share.directory, share.old_path());
    scene->disk.write("home/share/made by others", "");
    if (forward) {
      exchange_forward(scene->journal);
      EXPECT_EQ(home_of(*scene), new_one);
    } else {
      exchange_back(scene->journal);
      remove_holders(scene->journal);
      EXPECT_EQ(tree_below(scene->home()), old_one);
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
  (void)finish_restore(scene->path(), {}, nullptr, null_log());
  EXPECT_EQ(tree_below(scene->home()).at("config/configuration.yaml"), "new configuration.yaml");
  EXPECT_FALSE(find_status(scene->disk.path(concat("home/", kHolderPrefix, "7"))));
}

}  // namespace
}  // namespace backshelf
