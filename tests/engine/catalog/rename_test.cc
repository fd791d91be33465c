#include <gmock/gmock.h>

#include "tests/engine/catalog/failing_location.h"
#include "tests/engine/catalog/shelf_fixture.h"

namespace backshelf {
namespace {

using ::testing::ElementsAre;

class RenameTest : public ShelfFixture {};

TEST_F(RenameTest, WhatIsKnownOfItStays) {
  (void)add_good("A", 1);
  catalog_->set_pinned(*backup("A"), true);
  const BackupPtr before = backup("A");
  const BackupPtr after = catalog_->rename(*before, "B.tar");
  EXPECT_EQ(after->folder, "B");
  EXPECT_EQ(after->slot, before->slot);
  EXPECT_EQ(after->verified, before->verified);
  EXPECT_TRUE(after->pinned && after->good);
  EXPECT_FALSE(archives_.has("A.tar"));
  EXPECT_TRUE(archives_.has("B.tar"));
  EXPECT_THAT(folders(), ElementsAre("B"));
  restart();
  EXPECT_THAT(folders(), ElementsAre("B"));
  EXPECT_EQ(backup("B")->slot, before->slot);
  EXPECT_TRUE(backup("B")->pinned);
}

TEST_F(RenameTest, ATakenNameIsRefusedAndNothingChanges) {
  (void)add_day("A", 1);
  (void)add_day("B", 2);
  const std::uint32_t a = backup("A")->slot, b = backup("B")->slot;
  EXPECT_EQ(error_of([&] { (void)catalog_->rename(*backup("A"), "B.tar"); }), ErrorKind::kExists);
  EXPECT_EQ(error_of([&] { (void)catalog_->rename(*backup("A"), "B.zip"); }), ErrorKind::kInvalid);
  (void)catalog_->refresh();
  EXPECT_THAT(folders(), ElementsAre("A", "B"));
  EXPECT_EQ(backup("A")->slot, a);
  EXPECT_EQ(backup("B")->slot, b);
}

TEST_F(RenameTest, AFolderNameInUseGetsANumber) {
  (void)add_day("a:b", 1);  // shown as a_b
  (void)add_day("C", 2);
  EXPECT_EQ(catalog_->rename(*backup("C"), "a_b.tar")->folder, "a_b (2)");
}

TEST_F(RenameTest, ThereAndBackItIsStillTheSame) {
  (void)add_good("A", 1);
  const std::uint32_t slot = backup("A")->slot;
  (void)catalog_->rename(*backup("A"), "B.tar");
  (void)catalog_->rename(*backup("B"), "A.tar");
  EXPECT_EQ(backup("A")->slot, slot);
  EXPECT_TRUE(backup("A")->good);
  (void)add_day("B", 3);
  EXPECT_NE(backup("B")->slot, slot);
  EXPECT_FALSE(backup("B")->good);
}

TEST_F(RenameTest, AnEndInTheMiddleLosesNeitherArchiveNorPin) {
  (void)add_good("A", 1);
  catalog_->set_pinned(*backup("A"), true);
  for (const bool done : {false, true}) {
    const auto place = std::make_shared<FailingLocation>(location_, "local");
    (done ? place->renamed_ends : place->rename_ends) = true;
    restart_over({place});
    EXPECT_THROW((void)catalog_->rename(*backup("A"), "B.tar"), std::runtime_error);
    restart();
    EXPECT_THAT(folders(), ElementsAre(done ? "B" : "A"));
    EXPECT_TRUE(backup(done ? "B" : "A")->pinned);
  }
}

TEST_F(RenameTest, WhatWasReplacedMeanwhileIsNotRenamed) {
  (void)add_day("A", 1);
  const BackupPtr before = backup("A");
  put_day("A", 2);
  EXPECT_EQ(error_of([&] { (void)catalog_->rename(*before, "B.tar"); }), ErrorKind::kNotFound);
  EXPECT_TRUE(archives_.has("A.tar"));
  EXPECT_FALSE(archives_.has("B.tar"));
}

}  // namespace
}  // namespace backshelf
