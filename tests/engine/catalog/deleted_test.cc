#include <gmock/gmock.h>

#include "tests/engine/catalog/failing_location.h"
#include "tests/engine/catalog/shelf_fixture.h"

namespace backshelf {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DeletedTest : public ShelfFixture {
 protected:
  DeletedTest() {
    (void)add_day("A", 1);
    (void)add_good("Z", 9);  // the one that is protected
  }
  [[nodiscard]] std::vector<std::string> deleted() const {
    std::vector<std::string> names;
    for (const DeletedBackup& gone : catalog_->deleted()) names.push_back(gone.folder);
    return names;
  }
};

TEST_F(DeletedTest, ADeletedBackupComesBackAsItWas) {
  catalog_->set_pinned(*verify("A"), true);
  const BackupPtr before = backup("A");
  catalog_->remove(*before, /*force=*/true);
  EXPECT_THAT(folders(), ElementsAre("Z"));
  EXPECT_THAT(deleted(), ElementsAre("A"));
  EXPECT_FALSE(archives_.has("A.tar"));
  const BackupPtr after = catalog_->undelete("A");
  ASSERT_NE(after, nullptr);
  EXPECT_EQ(after->folder, "A");
  EXPECT_EQ(after->slot, before->slot);
  EXPECT_TRUE(after->pinned && after->good);
  EXPECT_THAT(deleted(), IsEmpty());
  EXPECT_TRUE(archives_.has("A.tar"));
}

TEST_F(DeletedTest, ItComesBackBesideANewOneOfItsName) {
  const std::uint32_t slot = backup("A")->slot;
  catalog_->remove(*backup("A"), false);
  (void)add_day("A", 5);
  EXPECT_EQ(catalog_->undelete("A")->folder, "A (2)");
  EXPECT_EQ(backup("A (2)")->slot, slot);
  EXPECT_EQ(backup("A")->slug, "00000005");
}

TEST_F(DeletedTest, BothSurviveARestart) {
  catalog_->remove(*backup("A"), false);
  restart();
  EXPECT_THAT(folders(), ElementsAre("Z"));
  EXPECT_THAT(deleted(), ElementsAre("A"));
  (void)catalog_->undelete("A");
  restart();
  EXPECT_THAT(folders(), ElementsAre("A", "Z"));
  EXPECT_THAT(deleted(), IsEmpty());
}

TEST_F(DeletedTest, IsFoundWithoutItsRecordToo) {
  catalog_->remove(*backup("A"), false);
  state_->update([](Json& state) { state.set("deleted", Json::array()); });
  restart();
  const auto rows = catalog_->deleted();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].folder, "A");
  EXPECT_EQ(rows[0].until - rows[0].when, std::chrono::hours(24));
  EXPECT_EQ(catalog_->undelete("A")->folder, "A");
}

TEST_F(DeletedTest, AnOpenArchiveStaysReadable) {
  const auto archive = catalog_->open(*backup("A"));
  catalog_->remove(*backup("A"), false);
  const auto path = RelPath::parse("config/configuration.yaml");
  const auto file = archive->find(*path);
  ASSERT_TRUE(file.has_value());
  ByteVec bytes(file->size);
  EXPECT_EQ(archive->read(file->id, 0, bytes), file->size);
  EXPECT_EQ(as_text(bytes), "default_config:\n");
}

TEST_F(DeletedTest, TheOldestGoFirstWhenSpaceIsNeeded) {
  catalog_->remove(*backup("A"), false);
  fake_clock_.advance(std::chrono::seconds(5));
  catalog_->remove(*add_day("B", 2), false);
  catalog_->make_room(*location_, 1);
  EXPECT_THAT(deleted(), ElementsAre("A", "B")) << "there is room without";
  catalog_->make_room(*location_, UINT64_MAX);
  EXPECT_THAT(deleted(), IsEmpty());
  EXPECT_EQ(archives_.count(), 1U);
}

TEST_F(DeletedTest, ExpireAfterTheirTime) {
  catalog_->remove(*backup("A"), false);
  fake_clock_.advance(std::chrono::hours(23));
  catalog_->remove(*add_day("B", 2), false);
  EXPECT_THAT(deleted(), ElementsAre("A", "B"));
  fake_clock_.advance(std::chrono::hours(2));
  catalog_->remove(*add_day("C", 3), false);
  EXPECT_THAT(deleted(), ElementsAre("B", "C"));
}

TEST_F(DeletedTest, AFullDiskStopsNoDelete) {
  const SmallDisk disk("size=64k");
  if (!disk.mounted()) GTEST_SKIP() << "no mounting here";
  const auto state = StateStore::open(disk.at().path("state"));
  const auto full = Catalog::make({.locations = {location_},
                                   .tools = {*keys_, cache_},
                                   .state = *state,
                                   .clock = *clock_,
                                   .log = null_log(),
                                   .undelete = std::chrono::hours(24)});
  (void)full->refresh();
  std::ofstream(disk.at().path("filler"), std::ios::binary) << std::string(1 << 20, 'x');
  full->remove(*full->shelf()->find("A"), false);
  EXPECT_FALSE(archives_.has("A.tar"));
  EXPECT_EQ(full->deleted().size(), 1U);
  EXPECT_EQ(full->undelete("A")->folder, "A");
}

TEST_F(DeletedTest, WhatIsBackAndCannotBeShownIsAnError) {
  const auto failing = std::make_shared<FailingLocation>(location_, "local");
  restart_over({failing});
  catalog_->remove(*backup("A"), false);
  failing->unhide_ends_list = true;
  EXPECT_EQ(error_of([&] { (void)catalog_->undelete("A"); }), ErrorKind::kIo);
  EXPECT_TRUE(archives_.has("A.tar"));
  failing->list_fails = false;
  (void)catalog_->refresh();
  EXPECT_THAT(folders(), ElementsAre("A", "Z"));
}

TEST_F(DeletedTest, ACopyThatStaysDeletedKeepsNoOtherFromView) {
  const TempDirectory more;
  DirectoryLocationOptions options;
  options.path = more.path();
  options.installation = state_->installation();
  options.clock = clock_;
  const auto failing = std::make_shared<FailingLocation>(make_directory_location(options), "nas");
  more.write("A.tar", archives_.read("A.tar"));
  restart_over({location_, failing});
  catalog_->remove(*backup("A"), false);
  // Both copies as one deleted backup.
  (void)failing->hide("A.tar");
  (void)catalog_->refresh();
  EXPECT_THAT(deleted(), ElementsAre("A", "A"));
  failing->unhide_fails = true;
  EXPECT_EQ(error_of([&] { (void)catalog_->undelete("A"); }), ErrorKind::kPartial);
  EXPECT_NE(backup("A"), nullptr);
  failing->unhide_fails = false;
  EXPECT_NE(catalog_->undelete("A"), nullptr);
  EXPECT_TRUE(more.has("A.tar"));
}

// Refusals.

TEST_F(DeletedTest, TheLastGoodBackupIsRefusedUnlessForced) {
  EXPECT_EQ(error_of([&] { catalog_->remove(*backup("Z"), false); }), ErrorKind::kNotPermitted);
  EXPECT_THAT(*catalog_->refusal(*backup("Z")), ::testing::HasSubstr("last good"));
  EXPECT_TRUE(archives_.has("Z.tar"));
  catalog_->remove(*backup("Z"), true);
  EXPECT_FALSE(archives_.has("Z.tar"));
}

TEST_F(DeletedTest, APinnedBackupIsRefused) {
  catalog_->set_pinned(*backup("A"), true);
  EXPECT_EQ(error_of([&] { catalog_->remove(*backup("A"), false); }), ErrorKind::kNotPermitted);
  catalog_->set_pinned(*backup("A"), false);
  catalog_->remove(*backup("A"), false);
}

TEST_F(DeletedTest, AnArchiveReplacedMeanwhileIsNotDeleted) {
  const BackupPtr before = backup("A");
  put_day("A", 5);
  EXPECT_EQ(error_of([&] { catalog_->remove(*before, false); }), ErrorKind::kNotFound);
  EXPECT_TRUE(archives_.has("A.tar"));
}

TEST_F(DeletedTest, WhatWasNeverDeletedIsNotFound) {
  EXPECT_EQ(error_of([&] { (void)catalog_->undelete("A"); }), ErrorKind::kNotFound);
}

}  // namespace
}  // namespace backshelf
