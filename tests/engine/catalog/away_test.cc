// A location that is away: its backups stay, and deletes wait for it.
#include <gmock/gmock.h>

#include "tests/engine/catalog/shelf_fixture.h"

namespace backshelf {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// `nas` is a second directory; while `away_`, it must be a mount point and is none.
class AwayTest : public ShelfFixture {
 protected:
  AwayTest() {
    use_disk();
    reopen();
  }
  void reopen() {
    DirectoryLocationOptions options;
    options.name = "nas";
    options.path = nas_.path();
    options.installation = state_->installation();
    options.clock = clock_;
    options.mount_point = [this] { return away_ ? nas_.path() : std::string(); };
    const bool was_away = std::exchange(away_, false);
    nas_location_ = make_directory_location(std::move(options));
    away_ = was_away;
    restart_over({location_, nas_location_});
  }
  void put_nas(const std::string& folder, int day) {
    SmallArchive facts;
    facts.date = concat("2026-11-", day < 10 ? "0" : "", day, "T00:00:00+00:00");
    facts.slug = concat("100000", day < 10 ? "0" : "", day);
    nas_.write(folder + ".tar", small_archive(facts));
    (void)catalog_->adopt("nas", folder + ".tar", false, false);
  }
  void leave() {
    away_ = true;
    (void)catalog_->refresh();
  }
  void come_back() {
    away_ = false;
    (void)catalog_->refresh();
  }
  [[nodiscard]] bool lies_there(const std::string& folder) const {
    return std::filesystem::exists(nas_.path(folder + ".tar"));
  }

  const TempDirectory nas_;
  bool away_ = false;
  std::shared_ptr<Location> nas_location_;
};

TEST_F(AwayTest, ItsBackupsStayListedAlsoForAProcessThatNeverSawThem) {
  put_nas("N", 1);
  const BackupPtr before = backup("N");
  leave();
  EXPECT_THAT(folders(), ElementsAre("N"));
  reopen();
  ASSERT_THAT(folders(), ElementsAre("N"));
  EXPECT_EQ(backup("N")->slot, before->slot);
  EXPECT_EQ(backup("N")->slug, before->slug);
  EXPECT_TRUE(backup("N")->away);
  EXPECT_TRUE(catalog_->away("nas"));
  EXPECT_FALSE(catalog_->away("local"));
  EXPECT_EQ(error_of([&] { (void)catalog_->open(*backup("N")); }), ErrorKind::kIo);
  come_back();
  EXPECT_FALSE(backup("N")->away);
  EXPECT_EQ(backup("N")->slot, before->slot);
  EXPECT_NE(catalog_->open(*backup("N")), nullptr);
}

TEST_F(AwayTest, ADeleteWaitsAndIsDoneWhenItIsBack) {
  put_nas("N", 1);
  put_nas("O", 2);
  (void)add_good("Z", 9);
  leave();
  catalog_->remove(*backup("N"), false);
  EXPECT_THAT(folders(), ElementsAre("O", "Z"));
  reopen();
  EXPECT_THAT(folders(), ElementsAre("O", "Z"));
  ASSERT_EQ(catalog_->delayed_deletes().size(), 1u);
  EXPECT_EQ(catalog_->delayed_deletes()[0].folder, "N");
  EXPECT_TRUE(lies_there("N"));
  come_back();
  EXPECT_FALSE(lies_there("N"));
  EXPECT_TRUE(lies_there("O"));
  EXPECT_THAT(catalog_->delayed_deletes(), IsEmpty());
  EXPECT_EQ(catalog_->undelete("N")->folder, "N");
  EXPECT_TRUE(lies_there("N"));
}

TEST_F(AwayTest, UndeleteEndsTheWaiting) {
  put_nas("N", 1);
  (void)add_good("Z", 9);
  leave();
  catalog_->remove(*backup("N"), false);
  EXPECT_EQ(catalog_->undelete("N")->folder, "N");
  come_back();
  EXPECT_TRUE(lies_there("N"));
  EXPECT_THAT(folders(), ElementsAre("N", "Z"));
}

TEST_F(AwayTest, AnotherArchiveOfThatNameIsNotDeleted) {
  put_nas("N", 1);
  (void)add_good("Z", 9);
  leave();
  catalog_->remove(*backup("N"), false);
  nas_.write("N.tar", small_archive({.slug = "other", .content = "something longer: 1\n"}));
  come_back();
  EXPECT_TRUE(lies_there("N"));
  EXPECT_THAT(catalog_->delayed_deletes(), IsEmpty());
  EXPECT_THAT(folders(), ElementsAre("N", "Z"));
}

TEST_F(AwayTest, WhatBecameTheLastGoodOneMeanwhileIsNotDeleted) {
  put_nas("N", 1);
  (void)verify("N");
  (void)add_good("Z", 9);
  leave();
  catalog_->remove(*backup("N"), false);
  std::filesystem::remove(archives_.path("Z.tar"));
  come_back();
  EXPECT_TRUE(lies_there("N"));
  EXPECT_EQ(protected_folder(), "N");
}

TEST_F(AwayTest, TheBestBackupWithinReachIsProtectedToo) {
  (void)add_good("A", 1);
  put_nas("N", 5);
  (void)verify("N");
  EXPECT_EQ(protected_folder(), "N");
  leave();
  EXPECT_EQ(protected_folder(), "AN");
  EXPECT_EQ(error_of([&] { catalog_->remove(*backup("A"), false); }), ErrorKind::kNotPermitted);
  EXPECT_EQ(error_of([&] { catalog_->remove(*backup("N"), false); }), ErrorKind::kNotPermitted);
}

TEST_F(AwayTest, ACopyKeepsOriginAndPin) {
  (void)add_good("A", 1);
  catalog_->set_pinned(*backup("A"), true);
  std::filesystem::copy(archives_.path("A.tar"), nas_.path("A.tar"));
  const BackupPtr copy = catalog_->adopt_copy(*backup("A"), "nas", "A.tar");
  EXPECT_TRUE(copy->pinned);
  EXPECT_FALSE(copy->uploaded);
  EXPECT_FALSE(copy->good);  // nobody has read it yet
  const Json state = state_->read();
  for (const Json& row : state["archives"].items()) {
    EXPECT_TRUE(row["made"].bool_or(false) && row["automatic"].bool_or(false));
  }
}

}  // namespace
}  // namespace backshelf
