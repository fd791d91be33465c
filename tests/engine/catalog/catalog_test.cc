#include "engine/catalog/catalog.h"

#include <gmock/gmock.h>

#include <thread>

#include "tests/engine/catalog/failing_location.h"
#include "tests/engine/catalog/shelf_fixture.h"

namespace backshelf {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Names = std::vector<std::string>;

class CatalogTest : public ShelfFixture {};

TEST_F(CatalogTest, ShowsEveryArchiveWithItsMetadata) {
  put("B.tar", small_archive({.slug = "bbbbbbbb", .name = "The b"}));
  put("A.tar", small_archive({.slug = "aaaaaaaa", .stems = {"homeassistant", "ssl"}}));
  EXPECT_TRUE(catalog_->refresh());
  EXPECT_FALSE(catalog_->refresh());
  EXPECT_THAT(folders(), ElementsAre("A", "B"));
  EXPECT_EQ(backup("B")->name, "The b");
  EXPECT_EQ(backup("B")->homeassistant_version, "2026.11.2");
  EXPECT_EQ(backup("B")->state, State::kUnchecked);
  ASSERT_EQ(backup("A")->members.size(), 2U);
  EXPECT_EQ(backup("A")->members[1].folder, "ssl");
  EXPECT_EQ(catalog_->shelf()->find_file("local", "A.tar"), backup("A"));
  EXPECT_EQ(catalog_->shelf()->by_slot(backup("A")->slot), backup("A"));
  EXPECT_EQ(catalog_->shelf()->find("C"), nullptr);
}

TEST_F(CatalogTest, WhatIsNoBackupIsThereToo) {
  put("notes.tar", "no tar at all");
  put("empty.tar", "");
  put("cut.tar", small_archive().substr(0, 1500));
  (void)catalog_->refresh();
  EXPECT_THAT(folders(), ElementsAre("cut", "empty", "notes"));
  EXPECT_EQ(backup("notes")->state, State::kNotABackup);
  EXPECT_NE(backup("notes")->problem, "");
  EXPECT_FALSE(backup("notes")->growing);
  EXPECT_EQ(protected_folder(), "");
}

TEST_F(CatalogTest, AnIncompleteArchiveThatJustChangedIsGrowing) {
  put("cut.tar", small_archive().substr(0, 1500));
  fake_clock_.set_wall(Instant(std::chrono::seconds(1'700'000'060)));
  (void)catalog_->refresh();
  EXPECT_TRUE(backup("cut")->growing);
  EXPECT_EQ(error_of([&] { (void)catalog_->resolve("cut"); }), ErrorKind::kBusy);
  fake_clock_.advance(std::chrono::minutes(2));
  EXPECT_TRUE(catalog_->refresh());
  EXPECT_FALSE(backup("cut")->growing);
}

TEST_F(CatalogTest, LookingAtAGrowingArchiveWritesNothing) {
  use_disk();
  put("cut.tar", small_archive().substr(0, 1500));
  fake_clock_.set_wall(Instant(std::chrono::seconds(1'700'000'060)));
  (void)catalog_->refresh();
  const std::uint32_t slot = backup("cut")->slot;
  const std::string state = state_directory_.read("state.json");
  for (std::size_t size = 1501; size < 1510; ++size) {
    put("cut.tar", small_archive().substr(0, size));
    EXPECT_TRUE(catalog_->refresh());
    EXPECT_EQ(backup("cut")->object.size, size);
  }
  EXPECT_EQ(backup("cut")->slot, slot);
  EXPECT_EQ(state_directory_.read("state.json"), state);
}

TEST_F(CatalogTest, TellsWhichFoldersCameAndWent) {
  Names told;
  catalog_->on_change([&](const Catalog::Change& change) {
    for (const BackupPtr& one : change.added) told.push_back("+" + one->folder);
    for (const BackupPtr& one : change.removed) told.push_back("-" + one->folder);
  });
  (void)add_day("A", 1);
  (void)add_day("B", 2);
  ASSERT_EQ(::unlink(archives_.path("A.tar").c_str()), 0);
  (void)catalog_->refresh();
  put_day("B", 3);
  (void)catalog_->refresh();
  EXPECT_THAT(told, ElementsAre("+A", "+B", "-A", "+B", "-B"));
}

TEST_F(CatalogTest, AReplacedArchiveHasAnotherSlotAndIsUnverified) {
  const BackupPtr before = add_good("A", 1);
  EXPECT_TRUE(before->good);
  const auto opened = catalog_->open(*before);
  put_day("A", 2, {.content = "new: content\n"});
  EXPECT_EQ(error_of([&] { (void)catalog_->open(*before); }), std::nullopt)
      << "who has it open keeps it";
  (void)catalog_->refresh();
  const BackupPtr after = backup("A");
  EXPECT_NE(after->slot, before->slot);
  EXPECT_FALSE(after->good);
  EXPECT_EQ(after->verified, std::nullopt);
  EXPECT_EQ(after->slug, "00000002");
  EXPECT_NE(catalog_->open(*after), opened);
}

TEST_F(CatalogTest, RemembersOverARestart) {
  use_disk();
  const BackupPtr before = add_good("A", 1);
  catalog_->set_pinned(*before, true);
  (void)add_day("a", 2);
  restart();
  EXPECT_THAT(folders(), ElementsAre("A", "a (2)"));
  const BackupPtr after = backup("A");
  EXPECT_EQ(after->slot, before->slot);
  EXPECT_TRUE(after->good && after->pinned && after->verified);
  EXPECT_EQ(after->state, State::kOk);
  EXPECT_EQ(after->members[0].state, State::kOk);
  EXPECT_TRUE(after->members[0].authenticated);
}

TEST_F(CatalogTest, TwoProcessesAgreeOnNamesAndPins) {
  use_disk();
  (void)add_day("A", 1);
  const auto other_state = StateStore::open(state_directory_.path());
  const auto other = Catalog::make({.locations = {location_},
                                    .tools = {*keys_, cache_},
                                    .state = *other_state,
                                    .clock = *clock_,
                                    .log = null_log(),
                                    .undelete = std::chrono::hours(24)});
  (void)other->refresh();
  ASSERT_NE(other->shelf()->find("A"), nullptr);
  EXPECT_EQ(other->shelf()->find("A")->slot, backup("A")->slot);
  other->set_pinned(*other->shelf()->find("A"), true);
  EXPECT_TRUE(catalog_->refresh());
  EXPECT_TRUE(backup("A")->pinned);
}

TEST_F(CatalogTest, ResolvesFoldersSlugsAndTheLatest) {
  (void)add_day("A", 1);
  (void)add_day("B", 3);
  (void)add_day("C", 2);
  EXPECT_EQ(catalog_->resolve("C"), backup("C"));
  EXPECT_EQ(catalog_->resolve("00000003"), backup("B"));
  EXPECT_EQ(catalog_->resolve("latest")->folder, "B");
  EXPECT_EQ(error_of([&] { (void)catalog_->resolve("D"); }), ErrorKind::kNotFound);
  EXPECT_EQ(error_of([&] { (void)catalog_->resolve(""); }), ErrorKind::kNotFound);
  put("D.tar", small_archive({.slug = "00000003"}));
  (void)catalog_->refresh();
  EXPECT_EQ(error_of([&] { (void)catalog_->resolve("00000003"); }), ErrorKind::kUsage);
}

TEST_F(CatalogTest, TheLatestIsTheNewestThatOpens) {
  EXPECT_EQ(error_of([&] { (void)catalog_->resolve("latest"); }), ErrorKind::kNotFound);
  put("notes.tar", "no tar at all");
  (void)add_day("A", 1);
  EXPECT_EQ(catalog_->resolve("latest")->folder, "A");
}

TEST_F(CatalogTest, OpensAnArchiveOnceForAll) {
  const BackupPtr one = add_day("A", 1);
  std::vector<std::shared_ptr<Archive>> opened(4);
  std::vector<std::jthread> threads;
  for (auto& place : opened) {
    threads.emplace_back([&] { place = catalog_->open(*one); });
  }
  threads.clear();
  for (const auto& archive : opened) EXPECT_EQ(archive, opened[0]);
}

TEST_F(CatalogTest, LetsGoOfArchivesThatNobodyUses) {
  (void)add_day("A", 1);
  std::weak_ptr<Archive> first = catalog_->open(*backup("A"));
  EXPECT_FALSE(first.expired());
  for (int day = 2; day < 12; ++day) {
    (void)catalog_->open(*add_day(concat("B", day), day));
  }
  EXPECT_TRUE(first.expired());
  std::weak_ptr<Archive> last = catalog_->open(*backup("B11"));
  ASSERT_EQ(::unlink(archives_.path("B11.tar").c_str()), 0);
  (void)catalog_->refresh();
  EXPECT_TRUE(last.expired()) << "an open file would hold the space of a removed archive";
}

TEST_F(CatalogTest, ALocationThatGoesAwayKeepsItsFolders) {
  (void)add_day("A", 1);
  ASSERT_EQ(::rename(archives_.path().c_str(), (archives_.path() + "-away").c_str()), 0);
  EXPECT_TRUE(catalog_->refresh());
  EXPECT_THAT(folders(), ElementsAre("A"));
  EXPECT_TRUE(backup("A")->away);
  EXPECT_EQ(error_of([&] { (void)catalog_->open(*backup("A")); }), ErrorKind::kIo);
  ASSERT_EQ(::rename((archives_.path() + "-away").c_str(), archives_.path().c_str()), 0);
  EXPECT_TRUE(catalog_->refresh());
  EXPECT_FALSE(backup("A")->away);
  EXPECT_EQ(error_of([&] { (void)catalog_->open(*backup("A")); }), std::nullopt);
}

// What is protected.

TEST_F(CatalogTest, ProtectsTheNewestGoodBackup) {
  (void)add_good("A", 1);
  EXPECT_EQ(protected_folder(), "A");
  (void)add_day("newer but unread", 5);
  EXPECT_EQ(protected_folder(), "A");
  (void)add_good("B", 2);
  EXPECT_EQ(protected_folder(), "B");
  EXPECT_NE(catalog_->refusal(*backup("B")), std::nullopt);
  EXPECT_EQ(catalog_->refusal(*backup("A")), std::nullopt);
}

TEST_F(CatalogTest, TheLastGoodBackupIsProtectedWhileItCannotBeRead) {
  (void)add_good("A", 1);
  (void)add_day("B", 2);
  const auto failing = std::make_shared<FailingLocation>(location_, "local");
  failing->open_fails = true;
  restart_over({failing});
  EXPECT_TRUE(backup("A")->good && backup("A")->verified);
  EXPECT_NE(backup("A")->problem, "");
  ASSERT_EQ(protected_folder(), "A");
  EXPECT_EQ(error_of([&] { catalog_->remove(*backup("A"), false); }), ErrorKind::kNotPermitted);
  failing->open_fails = false;
  (void)catalog_->refresh();
  EXPECT_EQ(backup("A")->problem, "");
}

TEST_F(CatalogTest, AnEmptyStateStillProtectsTheOnlyBackup) {
  (void)add_day("A", 1);
  EXPECT_EQ(protected_folder(), "A");
  (void)add_day("B", 2);
  EXPECT_EQ(protected_folder(), "B");
  (void)add_day("ssl only", 3, {.stems = {"ssl"}});
  (void)verify("ssl only");
  EXPECT_FALSE(backup("ssl only")->good) << "it does not hold the configuration";
  EXPECT_EQ(protected_folder(), "ssl only") << "of those that are not good, one that opened";
  (void)add_good("A2", 1);
  EXPECT_EQ(protected_folder(), "A2");
}

TEST_F(CatalogTest, UploadsDoNotCountOnceAGoodBackupWasMadeHere) {
  (void)add_good("up", 9, /*uploaded=*/true);
  EXPECT_EQ(protected_folder(), "up");
  (void)add_good("own", 2);
  EXPECT_EQ(protected_folder(), "own");
  (void)add_good("bogus", 10, /*uploaded=*/true);
  EXPECT_EQ(protected_folder(), "own");
  catalog_->remove(*backup("own"), /*force=*/true);
  EXPECT_EQ(protected_folder(), "bogus") << "nothing else is left";
}

TEST_F(CatalogTest, DamageFoundLaterEndsBeingGood) {
  (void)add_good("A", 1);
  const BackupPtr newer = add_good("B", 2);
  EXPECT_EQ(protected_folder(), "B");
  std::string bytes = archives_.read("B.tar");
  const std::size_t at = bytes.find("default_config");
  ASSERT_NE(at, std::string::npos);
  bytes[at] = '!';
  put("B.tar", bytes);
  (void)catalog_->refresh();
  EXPECT_FALSE(backup("B")->good);
  (void)verify("B");
  EXPECT_EQ(backup("B")->state, State::kDamaged);
  EXPECT_EQ(backup("B")->verified, std::nullopt);
  EXPECT_EQ(protected_folder(), "A");
}

}  // namespace
}  // namespace backshelf
