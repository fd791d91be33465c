#include <gtest/gtest.h>

#include "engine/disk/file.h"
#include "tests/engine/catalog/shelf_fixture.h"

namespace backshelf {
namespace {

// Which backups the schedule of this installation made: they alone may ever be pruned.
class AutomaticTest : public ShelfFixture {
 protected:
  [[nodiscard]] SmallArchive claiming(const std::string& installation, bool automatic = true) {
    SmallArchive facts;
    facts.extra = concat(R"({"backshelf":{"installation":")", installation, R"(","automatic":)",
                         automatic ? "true" : "false", "}}");
    return facts;
  }
  void adopt(const std::string& folder, bool uploaded, bool automatic) {
    (void)catalog_->adopt("local", folder + ".tar", uploaded, automatic);
  }
};

TEST_F(AutomaticTest, TheStateSaysSoAndRemembersIt) {
  put_day("A", 1);
  put_day("B", 2);
  adopt("A", /*uploaded=*/false, /*automatic=*/true);
  adopt("B", /*uploaded=*/false, /*automatic=*/false);
  restart();
  EXPECT_TRUE(backup("A")->automatic);
  EXPECT_FALSE(backup("B")->automatic);
}

TEST_F(AutomaticTest, AnUploadIsNeverOneWhateverItSays) {
  put_day("A", 1, claiming(state_->installation()));
  adopt("A", /*uploaded=*/true, /*automatic=*/true);
  EXPECT_TRUE(verify("A")->good);
  EXPECT_FALSE(backup("A")->automatic);
}

TEST_F(AutomaticTest, OtherBytesUnderItsNameAreNone) {
  put_day("A", 1);
  adopt("A", /*uploaded=*/false, /*automatic=*/true);
  put_day("A", 2);
  (void)catalog_->refresh();
  EXPECT_FALSE(backup("A")->automatic);
}

TEST_F(AutomaticTest, AGoodOneThatClaimsItIsOneWhenTheStateWasLost) {
  use_disk();
  const std::string ours = state_->installation();
  put_day("ours", 1, claiming(ours));
  put_day("by hand", 2, claiming(ours, /*automatic=*/false));
  put_day("foreign", 3, claiming(std::string(32, '0')));
  put_day("plain", 4);
  state_.reset();
  remove_file(state_directory_.path("state.json"));
  restart();
  EXPECT_EQ(state_->installation(), ours);
  EXPECT_FALSE(backup("ours")->automatic) << "not before it was found good";
  for (const char* folder : {"ours", "by hand", "foreign", "plain"}) {
    EXPECT_TRUE(verify(folder)->good) << folder;
  }
  EXPECT_TRUE(backup("ours")->automatic);
  for (const char* folder : {"by hand", "foreign", "plain"}) {
    EXPECT_FALSE(backup(folder)->automatic) << folder;
  }
  restart();
  EXPECT_TRUE(backup("ours")->automatic) << "without looking into the archive again";
}

}  // namespace
}  // namespace backshelf
