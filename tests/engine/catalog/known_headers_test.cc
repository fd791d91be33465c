#include "engine/catalog/known_headers.h"

#include <gmock/gmock.h>

#include "engine/disk/file.h"
#include "tests/engine/catalog/failing_location.h"
#include "tests/engine/catalog/shelf_fixture.h"

namespace backshelf {
namespace {

using ::testing::ElementsAre;

class KnownHeadersTest : public ShelfFixture {
 protected:
  KnownHeadersTest() { use_disk(); }

  // As a new process that can list the archives, but open none of them.
  std::shared_ptr<FailingLocation> restart_blind() {
    auto blind = std::make_shared<FailingLocation>(location_, "local");
    blind->open_fails = true;
    catalog_.reset();
    restart_over({blind});
    return blind;
  }
  [[nodiscard]] std::string headers_path() const { return state_directory_.path("headers.json"); }
};

TEST_F(KnownHeadersTest, ANewProcessKnowsWhatTheLastOneReadWithoutOpeningAnything) {
  put("A.tar", small_archive({.slug = "aaaaaaaa", .stems = {"homeassistant", "ssl"}}));
  put("B \xff%41.tar", small_archive({.slug = "bbbbbbbb", .name = "Größe \"1\""}));
  (void)catalog_->refresh();
  const auto before = catalog_->shelf()->backups;
  (void)restart_blind();
  const auto after = catalog_->shelf()->backups;
  ASSERT_EQ(before.size(), 2U);
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(after[i]->folder, before[i]->folder);
    EXPECT_EQ(after[i]->object, before[i]->object);
    EXPECT_EQ(after[i]->slug, before[i]->slug);
    EXPECT_EQ(after[i]->name, before[i]->name);
    EXPECT_EQ(after[i]->date, before[i]->date);
    EXPECT_EQ(after[i]->type, before[i]->type);
    EXPECT_EQ(after[i]->homeassistant_version, before[i]->homeassistant_version);
    EXPECT_EQ(after[i]->when, before[i]->when);
    EXPECT_EQ(after[i]->is_protected, before[i]->is_protected);
    EXPECT_EQ(after[i]->state, before[i]->state);
    EXPECT_EQ(after[i]->problem, before[i]->problem);
    ASSERT_EQ(after[i]->members.size(), before[i]->members.size());
    for (std::size_t m = 0; m < before[i]->members.size(); ++m) {
      const MemberInfo &a = after[i]->members[m], &b = before[i]->members[m];
      EXPECT_EQ(
          std::tie(a.member, a.folder, a.size, a.securetar, a.gzip, a.authenticated, a.state),
          std::tie(b.member, b.folder, b.size, b.securetar, b.gzip, b.authenticated, b.state));
      EXPECT_EQ(std::tie(a.problem, a.in_metadata), std::tie(b.problem, b.in_metadata));
    }
  }
}

TEST_F(KnownHeadersTest, OtherBytesUnderTheSameNameAreReadAnew) {
  (void)add_day("A", 1);
  put_day("A", 2);
  (void)restart_blind();
  EXPECT_NE(backup("A")->problem, "");
  restart();
  EXPECT_EQ(backup("A")->slug, "00000002");
  EXPECT_EQ(backup("A")->problem, "");
}

TEST_F(KnownHeadersTest, WhatIsIncompleteIsReadAtEveryStart) {
  put("cut.tar", small_archive().substr(0, 1500));
  put("whole.tar", small_archive());
  (void)catalog_->refresh();
  (void)restart_blind();
  EXPECT_EQ(backup("cut")->problem, "asking: the place does not answer");
  EXPECT_EQ(backup("whole")->problem, "");
}

TEST_F(KnownHeadersTest, ALocationThatComesBackLaterIsNotLookedThroughAnew) {
  (void)add_day("A", 1);
  auto blind = restart_blind();
  catalog_.reset();
  blind->list_fails = true;
  restart_over({blind});
  EXPECT_THAT(folders(), ElementsAre("A"));
  EXPECT_EQ(backup("A")->slug, "00000001");
  blind->list_fails = false;
  EXPECT_TRUE(catalog_->refresh());
  EXPECT_EQ(backup("A")->slug, "00000001");
  EXPECT_EQ(backup("A")->problem, "");
}

TEST_F(KnownHeadersTest, ADamagedOrForeignFileIsIgnored) {
  (void)add_day("A", 1);
  for (const std::string& content :
       {std::string("{"), std::string("[]"), std::string(R"({"schema": 99, "archives": []})"),
        std::string(R"({"schema": 1, "archives": [{"location": "local", "file": "A.tar"}, 7]})")}) {
    write_file(headers_path(), as_bytes(content), 0600, AtomicFile::Existing::kReplace);
    restart();
    ASSERT_TRUE(backup("A")) << content;
    EXPECT_EQ(backup("A")->slug, "00000001") << content;
  }
}

TEST_F(KnownHeadersTest, TheFileIsForItsOwnerAlone) {
  (void)add_day("A", 1);
  const auto status = find_status(headers_path());
  ASSERT_TRUE(status);
  EXPECT_EQ(status->st_mode & 0777, 0600U);
}

TEST_F(KnownHeadersTest, AShelfWithoutStateWritesNothing) {
  const auto memory = StateStore::open("");
  save_headers(*memory, {{{"local", "A.tar"}, HeaderFacts{}}});
  EXPECT_TRUE(load_headers(*memory).empty());
}

}  // namespace
}  // namespace backshelf
