#include "engine/job/restore_recovery.h"

#include "engine/base/error.h"
#include "tests/engine/job/restore_scene.h"

namespace backshelf {
namespace {

using RecoveryTest = SwapTest;

TEST_F(RecoveryTest, AnExchangeThatFailsLeavesTheOldHome) {
  const FileMap wanted = old_home();
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

TEST_F(RecoveryTest, AnInterruptedStageIsRemoved) {
  const FileMap wanted = old_home();
  const auto scene = make();
  scene->journal.phase = RestoreJournal::Phase::kStage;
  save_journal(scene->path(), scene->journal);
  (void)finish_restore(scene->path(), {}, nullptr, null_log());
  EXPECT_EQ(tree_below(scene->home()), wanted);
  EXPECT_FALSE(find_status(scene->path()));
}

TEST_F(RecoveryTest, ARestartedHomeIsStoppedAndStartedAroundTheRest) {
  const auto scene = make();
  scene->journal.after_is_due = true;
  save_journal(scene->path(), scene->journal);
  HookCommands hooks;
  hooks.section = "restore";
  hooks.before = concat("touch ", scene->disk.path("stopped"));
  hooks.after = concat("touch ", scene->disk.path("started"));
  (void)finish_restore(scene->path(), hooks, nullptr, null_log());
  EXPECT_TRUE(scene->disk.has("stopped"));
  EXPECT_TRUE(scene->disk.has("started"));
}

TEST_F(RecoveryTest, ADiskThatIsNotMountedYetIsWaitedFor) {
  const auto scene = make();
  std::filesystem::rename(scene->home(), scene->disk.path("elsewhere"));
  EXPECT_THROW((void)finish_restore(scene->path(), {}, nullptr, null_log()), Error);
  EXPECT_TRUE(find_status(scene->path()));
  std::filesystem::rename(scene->disk.path("elsewhere"), scene->home());
  const FileMap wanted = new_home();
  (void)finish_restore(scene->path(), {}, nullptr, null_log());
  EXPECT_EQ(tree_below(scene->home()), wanted);
}

}  // namespace
}  // namespace backshelf
