#include "engine/job/restore_steps.h"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include "engine/base/error.h"
#include "engine/job/restore_swap.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

// Of one part of a home below home/, with its holder beside it.
RestoreJournal journal_of(const TempDirectory& disk, const std::string& part) {
  RestoreJournal journal;
  journal.job = "9";
  journal.folders.push_back({.directory = disk.path("home/" + part),
                             .holder = disk.path("home/.backshelf-restore-9"),
                             .inner = part,
                             .whole = true,
                             .attributes = {0755, 0, 0, {}}});
  return journal;
}

TEST(RestoreSteps, ADatabaseThatIsNotWantedStaysOutAlsoWhenTheHomeHasNone) {
  TempDirectory disk;
  RestoreJournal journal = journal_of(disk, "config");
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
  RestoreJournal journal = journal_of(disk, "config");
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
    GTEST_SKIP() << "only root may mount a disk to test with";
  }
  disk.write("home/media/movies/film", "precious");
  disk.write("home/.backshelf-restore-9/new/media/song", "new");
  std::filesystem::create_directories(disk.path("home/.backshelf-restore-9/new/media/movies"));
  RestoreJournal journal = journal_of(disk, "media");
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
