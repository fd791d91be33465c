#include "engine/job/restore_steps.h"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include "engine/base/error.h"
#include "engine/job/restore_swap.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

TEST(RestoreSteps, ADatabaseThatIsNotWantedStaysOutAlsoWhenTheHomeHasNone) {
  TempDirectory disk;
  RestoreJournal journal;
  journal.job = "9";
  journal.folders.push_back({disk.path("home/config"),
                             disk.path("home/.backshelf-restore-9"),
                             "config",
                             true,
                             {0755, 0, 0, {}}});
  disk.write("home/config/x", "old");
  disk.write("home/.backshelf-restore-9/new/config/x", "new");
  disk.write("home/.backshelf-restore-9/new/config/home-assistant_v2.db", "history");
  KeepRules::Facts facts;
  facts.inner = "config";
  facts.database = true;
  plan_exchange(journal, 0, KeepRules(facts));
  exchange_forward(journal);
  remove_holders(journal);
  EXPECT_EQ(disk.read("home/config/x"), "new");
  EXPECT_FALSE(disk.has("home/config/home-assistant_v2.db"));
}

TEST(RestoreSteps, AFileWhereAFolderMustStayIsRefused) {
  TempDirectory disk;
  RestoreJournal journal;
  journal.job = "9";
  journal.folders.push_back({disk.path("home/config"),
                             disk.path("home/.backshelf-restore-9"),
                             "config",
                             true,
                             {0755, 0, 0, {}}});
  disk.write("home/config/www/nas/x", "mounted");
  disk.write("home/.backshelf-restore-9/new/config/www", "a file");
  KeepRules::Facts facts;
  facts.inner = "config";
  facts.mounts = {"www/nas"};
  EXPECT_THROW(plan_exchange(journal, 0, KeepRules(facts)), Error);
}

// As a subvolume of btrfs, which no table of mounts lists: a backup of media passes it over.
TEST(RestoreSteps, AnotherFileSystemThatTheBackupHoldsNothingOfStays) {
  TempDirectory disk;
  disk.write("home/media/song", "old");
  disk.write("home/media/movies/.keep", "");
  const std::string movies = disk.path("home/media/movies");
  if (::mount("tmpfs", movies.c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "mounting is not allowed here";
  }
  disk.write("home/media/movies/film", "precious");
  disk.write("home/.backshelf-restore-9/new/media/song", "new");
  std::filesystem::create_directories(disk.path("home/.backshelf-restore-9/new/media/movies"));
  RestoreJournal journal;
  journal.job = "9";
  journal.folders.push_back({disk.path("home/media"),
                             disk.path("home/.backshelf-restore-9"),
                             "media",
                             true,
                             {0755, 0, 0, {}}});
  KeepRules::Facts facts;
  facts.inner = "media";
  plan_exchange(journal, 0, KeepRules(facts));
  exchange_forward(journal);
  remove_holders(journal);
  EXPECT_EQ(disk.read("home/media/song"), "new");
  EXPECT_EQ(disk.read("home/media/movies/film"), "precious");
  EXPECT_EQ(::umount(movies.c_str()), 0);
}

}  // namespace
}  // namespace backshelf
