#include <gmock/gmock.h>

#include "engine/catalog/state_store.h"
#include "engine/disk/file.h"
#include "tests/tools/command_fixture.h"

namespace backshelf {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ShelfCommands : public CommandFixture {
 protected:
  ShelfCommands() {
    configure();
    add("A", 11);
    add("B", 12);
  }
  [[nodiscard]] std::vector<std::string> folders(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"list", "--json"});
    std::vector<std::string> names;
    const Json all = rows(more);
    for (const Json& row : all.items()) names.push_back(row["folder"].text_or(""));
    return names;
  }
};

TEST_F(ShelfCommands, ListShowsWhatIsRemembered) {
  const Json before = rows({"list", "--json"});
  ASSERT_EQ(before.items().size(), 2U);
  EXPECT_EQ(before.items()[0]["folder"].text_or(""), "A");
  EXPECT_EQ(before.items()[0]["state"].text_or(""), "unchecked");
  const Json after = rows({"list", "--json", "--check"});
  EXPECT_EQ(after.items()[0]["state"].text_or(""), "ok");
  EXPECT_TRUE(after.items()[0]["verified"].is_null());
  EXPECT_EQ(rows({"list", "--json"}).items()[0]["state"].text_or(""), "ok");
}

TEST_F(ShelfCommands, BackupsAreFoundByFolderSlugLatestAndPath) {
  for (const std::string word : {"B", "00000012", "latest"}) {
    EXPECT_EQ(rows({"show", "--json", word})["folder"].text_or(""), "B") << word;
  }
  EXPECT_EQ(rows({"show", "--json", files_.path("archives/B.tar")})["folder"].text_or(""), "B");
  EXPECT_EQ(shelf({"show", "C"}).code, 3);
  SmallArchive twin;
  twin.slug = "00000012";
  files_.write("archives/C.tar", small_archive(twin));
  const Outcome outcome = shelf({"show", "00000012"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.error, HasSubstr("'B', 'C'"));
}

TEST_F(ShelfCommands, VerifyIsRememberedForAPathToo) {
  const Json row = rows({"verify", "--json", files_.path("archives/A.tar")});
  EXPECT_EQ(row["state"].text_or(""), "ok");
  EXPECT_TRUE(row["good"].bool_or(false));
  EXPECT_FALSE(row["verified"].is_null());
  EXPECT_EQ(row["members"].items()[0]["folder"].text_or(""), "config");
  EXPECT_FALSE(rows({"list", "--json"}).items()[0]["verified"].is_null());
}

TEST_F(ShelfCommands, DeleteUndeletePin) {
  EXPECT_EQ(shelf({"verify", "all"}).code, 0);
  EXPECT_EQ(shelf({"pin", "A"}).code, 0);
  EXPECT_EQ(shelf({"delete", "A"}).code, 1);
  EXPECT_EQ(shelf({"unpin", "A"}).code, 0);
  EXPECT_EQ(shelf({"delete", "A"}).code, 0);
  EXPECT_THAT(folders(), ElementsAre("B"));
  EXPECT_THAT(folders({"--deleted"}), ElementsAre("A"));
  EXPECT_THAT(shelf({"list", "--deleted"}).out, HasSubstr("until"));
  const Outcome last = shelf({"delete", "B"});
  EXPECT_EQ(last.code, 1);
  EXPECT_THAT(last.error, HasSubstr("last good"));
  EXPECT_EQ(shelf({"undelete", "A"}).code, 0);
  EXPECT_THAT(folders(), ElementsAre("A", "B"));
  EXPECT_THAT(folders({"--deleted"}), IsEmpty());
  EXPECT_EQ(shelf({"undelete", "A"}).code, 3);
  EXPECT_EQ(shelf({"delete", "B", "force"}).code, 0);
}

TEST_F(ShelfCommands, TheFirstBackupMakesTheKeyAndTheKitShowsIt) {
  EXPECT_EQ(shelf({"kit"}).code, 4);
  const Outcome made = shelf({"backup", "name=First"});
  EXPECT_EQ(made.code, 0) << made.error;
  EXPECT_THAT(made.error, HasSubstr("backshelf kit"));
  const std::string key = files_.read("key").substr(0, 34);
  struct stat status {};
  ASSERT_EQ(::stat(files_.path("key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ((made.out + made.error).find(key), std::string::npos);
  EXPECT_THAT(shelf({"backup", "name=Second"}).error, ::testing::Not(HasSubstr("new key")));
  EXPECT_EQ(shelf({"verify", "latest"}).code, 0);

  EXPECT_EQ(shelf({"kit", "--output", files_.path("kit.txt")}).code, 0);
  EXPECT_THAT(files_.read("kit.txt"), HasSubstr(key));
  EXPECT_EQ(shelf({"kit", "--output", files_.path("kit.txt")}).code, 1) << "never overwritten";
  EXPECT_TRUE(StateStore::open(files_.path("state"))->read()["kit_saved"].bool_or(false));
  EXPECT_EQ(run({"ls", "-k", files_.path("kit.txt"),
                 files_.path("archives/" + folders().back() + ".tar")})
                .code,
            0);
}

TEST_F(ShelfCommands, AMissingKeyIsNeverMadeTwice) {
  EXPECT_EQ(shelf({"backup", "name=First"}).code, 0);
  std::filesystem::remove(files_.path("key"));
  EXPECT_EQ(shelf({"backup", "name=Second"}).code, 2);
  EXPECT_FALSE(files_.has("key"));
}

TEST_F(ShelfCommands, StatusTellsTheLastWordOfADeadDaemon) {
  EXPECT_EQ(shelf({"status"}).code, 3);
  files_.write("state/status.json",
               R"({"schema": 1, "time": "2026-11-24T00:00:00Z", "state": "idle", "job": null,
                   "last_good": "A", "locations": [], "problems": [], "kit_saved": true})");
  const Outcome dead = shelf({"status"});
  EXPECT_EQ(dead.code, 0);
  EXPECT_THAT(dead.out, HasSubstr("does not run"));
  EXPECT_THAT(dead.out, HasSubstr("Last good backup: A"));
  EXPECT_FALSE(files_.has("state/daemon.lock"));
  const auto lock = FileLock::try_take(files_.path("state/daemon.lock"));
  EXPECT_THAT(shelf({"status"}).out, HasSubstr("The daemon runs."));
  EXPECT_EQ(parse_json(as_bytes(shelf({"status", "--json"}).out))["schema"].int_or(0), 1);
}

TEST_F(ShelfCommands, ALocationThatIsNotThereIsNamed) {
  std::filesystem::remove_all(files_.path("archives"));
  const Outcome outcome = shelf({"list"});
  EXPECT_NE(outcome.code, 0);
  EXPECT_THAT(outcome.error, HasSubstr(files_.path("archives")));
  EXPECT_FALSE(files_.has("archives")) << "it may be a disk that is not mounted";
}

}  // namespace
}  // namespace backshelf
