// What sections mean together, and where they contradict each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/config_text.h"

namespace backshelf {
namespace {

using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Config, ASectionAutomaticMeansDaily) {
  EXPECT_EQ(good("[automatic]\n").automatic.days, "daily");
  EXPECT_EQ(good("[automatic]\ndays = never\n[automatic]\n").automatic.days, "daily");
}

TEST(Config, BackupsAreNotStaleBetweenTheDaysOfTheirSchedule) {
  EXPECT_EQ(good("[automatic]\ndays = sun\n").automatic.stale_after, hours(8 * 24));
  EXPECT_EQ(good("[automatic]\ndays = mon,thu\n").automatic.stale_after, hours(5 * 24));
}

TEST(Config, WithoutASectionAutomaticNothingIsVerifiedByItself) {
  EXPECT_EQ(good("").automatic.verify_days, 0);
  EXPECT_EQ(good("[automatic]\n").automatic.verify_days, 30);
}

TEST(Config, FullIsAllParts) {
  EXPECT_TRUE(good("[automatic]\nparts = full\n").automatic.full);
  EXPECT_FALSE(good("[automatic]\nparts = config\n").automatic.full);
}

TEST(Config, FoldersOfTheFoldersLayout) {
  const Config config = good("[home]\nlayout = folders\n[folders]\ndocuments = /srv/d\n");
  ASSERT_EQ(config.home.folders.size(), 1U);
  EXPECT_EQ(config.home.folders[0], std::pair(std::string("documents"), std::string("/srv/d")));
}

TEST(ConfigProblems, LocationsAreCheckedTogether) {
  EXPECT_EQ(problems("[location]\npath = /a\n"), "1: a location needs a name: [location nas]\n");
  EXPECT_EQ(problems("[location a]\n"), "1: [location a] has no path\n");
  EXPECT_THAT(problems("[location a]\npath=/a\n[location a]\npath=/b\n"),
              HasSubstr("3: there are two sections [location a]"));
  EXPECT_THAT(problems("[location a]\npath=/a\n[location b]\npath=/a/\n"),
              HasSubstr("3: [location b] has the same path as [location a]"));
  EXPECT_THAT(problems("[location a]\npath=/a\nbucket = x\n"), HasSubstr("is for type = s3"));
  EXPECT_THAT(problems("[location a/b]\npath=/a\n"), HasSubstr("1: 'a/b' is no name"));
  EXPECT_THAT(problems("[location ..]\npath=/a\n"), HasSubstr("no name for a location"));
}

TEST(ConfigProblems, AScheduleThatContradictsItself) {
  EXPECT_THAT(problems("[automatic]\ndays = mon\nstale_after = 3d\n"),
              HasSubstr("3: stale_after is shorter than the pause"));
  EXPECT_THAT(problems("[automatic]\ndays = sat,mon\nstale_after = 4d\n"),
              HasSubstr("at least 5d"));
  EXPECT_EQ(problems("[automatic]\ndays = mon\nstale_after = 7d\n"), "");
  EXPECT_EQ(problems("[automatic]\ndays = never\nstale_after = 1s\n"), "");
  EXPECT_THAT(problems("[automatic]\njitter = 1d\n"), HasSubstr("2: jitter must be less than 24h"));
  EXPECT_THAT(problems("[location a]\ntype = s3\n[automatic]\nlocations = a\n"),
              HasSubstr("4: none of these locations can be written by this version"));
}

TEST(ConfigProblems, FoldersWithoutTheirLayout) {
  EXPECT_EQ(problems("[folders]\na = /b\n"), "1: [folders] is used with layout = folders only\n");
}

TEST(ConfigProblems, NamesOfFolders) {
  const std::string start = "[home]\nlayout = folders\n[folders]\n";
  EXPECT_THAT(
      problems(start + "Documents = /a\ndocuments = /b\n"),
      HasSubstr("5: the folders 'Documents' and 'documents' differ in upper and lower case"));
  EXPECT_THAT(problems(start + "Config = /a\n"), HasSubstr("4: Config: write 'config'"));
  for (const char* const name : {"apps", "homeassistant", "addons_local", "supervisor", "full"}) {
    EXPECT_THAT(problems(start + name + " = /a\n"), HasSubstr("has a meaning of its own")) << name;
  }
  EXPECT_THAT(problems(start + "a/b = /a\n"), HasSubstr("no name for a folder"));
}

TEST(ConfigProblems, PartsFollowTheLayout) {
  EXPECT_EQ(problems("[home]\nlayout = container\nroot = /a\nshare = /b\nconfig = /c\n"),
            "4: 'share' is not used with layout = container\n");
  EXPECT_EQ(problems("[home]\nlayout = supervised\nroot = /a\napps = /b\nshare = /c\n"),
            "4: 'apps' is not used with layout = supervised\n");
  EXPECT_EQ(problems("[automatic]\nparts = documents\n[home]\nconfig = /a\nlayout = folders\n"
                     "[folders]\ndocuments = /d\n"),
            "4: 'config' is not used with layout = folders; name it in [folders]\n");
  EXPECT_EQ(problems("[automatic]\nparts = photos\n[home]\nlayout = folders\n"
                     "[folders]\ndocuments = /d\n"),
            "2: 'photos' is not in [folders]\n");
}

}  // namespace
}  // namespace backshelf
