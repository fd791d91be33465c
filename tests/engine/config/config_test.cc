#include "engine/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "tests/support/config_text.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Config, AnEmptyFileIsTheDefaults) {
  const Config config = good("");
  EXPECT_EQ(config.key.file, "/etc/backshelf/key");
  EXPECT_EQ(config.key.old, "/etc/backshelf/old-keys");
  EXPECT_EQ(config.state_path, "/var/lib/backshelf");
  EXPECT_EQ(config.cache.path, "/var/cache/backshelf");
  ASSERT_EQ(config.locations.size(), 1U);
  EXPECT_EQ(config.locations[0].name, "local");
  EXPECT_EQ(config.locations[0].path, "/var/lib/backshelf/archives");
  EXPECT_EQ(config.automatic.days, "never");
  EXPECT_EQ(config.home.root, "");
}

TEST(Config, AnOrdinaryUserHasPathsOfHisOwn) {
  ConfigDefaults user;
  user.root = false;
  user.home_directory = "/home/ann";
  EXPECT_EQ(default_config_path(user), "/home/ann/.config/backshelf/backshelf.ini");
  EXPECT_EQ(default_config(user).state_path, "/home/ann/.local/state/backshelf");
  EXPECT_EQ(default_config(user).cache.path, "/home/ann/.cache/backshelf");
  user.xdg_config = "/x/config";
  user.xdg_state = "relative";
  EXPECT_EQ(default_config_path(user), "/x/config/backshelf/backshelf.ini");
  EXPECT_EQ(default_config(user).key.file, "/x/config/backshelf/key");
  EXPECT_EQ(default_config(user).state_path, "/home/ann/.local/state/backshelf");
}

TEST(Config, TheSampleOfTheManualParses) {
  const Config config = good(as_text(read_file(BACKSHELF_TEST_DATA "/config/sample.ini", kMiB)));
  EXPECT_EQ(config.home.root, "/srv/homeassistant");
  EXPECT_EQ(config.home.parts.at("config"), "/srv/homeassistant/config");
  EXPECT_THAT(config.home.exclude, ElementsAre("config/www/cache/**", "media/big"));
  EXPECT_FALSE(config.home.database);
  EXPECT_EQ(config.key.command, "");
  EXPECT_EQ(config.backup.before, "");
  EXPECT_THAT(config.automatic.parts, ElementsAre("config", "ssl", "addons", "apps"));
  EXPECT_EQ(config.automatic.stale_after, hours(72));
  ASSERT_EQ(config.locations.size(), 3U);
  EXPECT_EQ(config.locations[1].keep, 30);
  EXPECT_EQ(config.locations[2].type, "s3");
  EXPECT_EQ(config.locations[2].other.at("bucket"), "b");
  EXPECT_EQ(config.locations[2].max_size, 5 * kGiB);
  EXPECT_EQ(config.restore.before, "systemctl stop home-assistant");
  EXPECT_EQ(config.mount.allow_other, true);
  EXPECT_TRUE(config.mount.trash);
  EXPECT_EQ(config.mount.control_allows.size(), 8U);
}

TEST(Config, ValuesReachTheirFields) {
  const Config config = good(
      "[backup]\nbefore = a; b\nafter = c\ntimeout=5s\ntrust_stat = yes\n"
      "[automatic]\ndays = Fri, mon,fri\ntime = 4:05\njitter = 0\nparts = full\nkeep_yearly = 3\n"
      "[archive]\ncompression = zstd\nsecuretar = 2\nencrypt = no\n"
      "[mount]\nuid = 1000\ngid=0\nfmask = 0137\ndmask = 027\nsymlinks=hide\nnames=windows\n"
      "delete = deny\ndelete_window = 5m\ntrash = off\ncontrol_allows =\nprepare = no\n"
      "[location Kühl-1]\npath = /a/b//\nencrypt = no\n"
      "[notify]\ncommand = mail\n[cache]\nmemory = 1024K\nsize = 0\n[state]\npath = /s/\n");
  EXPECT_EQ(config.backup.before, "a; b");
  EXPECT_EQ(config.backup.timeout, seconds(5));
  EXPECT_TRUE(config.backup.trust_stat);
  EXPECT_EQ(config.automatic.days, "mon,fri");
  EXPECT_EQ(config.automatic.time, "04:05");
  EXPECT_EQ(config.automatic.jitter, seconds(0));
  EXPECT_TRUE(config.automatic.parts.empty());
  EXPECT_EQ(config.automatic.keep_yearly, 3);
  EXPECT_EQ(config.archive.compression, "zstd");
  EXPECT_EQ(config.archive.securetar, 2);
  EXPECT_FALSE(config.archive.encrypt);
  EXPECT_EQ(config.mount.uid, 1000U);
  EXPECT_EQ(config.mount.gid, 0U);
  EXPECT_EQ(config.mount.fmask, 0137U);
  EXPECT_EQ(config.mount.delete_policy, "deny");
  EXPECT_EQ(config.mount.delete_window, minutes(5));
  EXPECT_FALSE(config.mount.trash);
  EXPECT_TRUE(config.mount.control_allows.empty());
  EXPECT_EQ(config.locations.at(0).name, "Kühl-1");
  EXPECT_EQ(config.locations.at(0).path, "/a/b");
  EXPECT_EQ(config.locations.at(0).encrypt, false);
  EXPECT_EQ(config.notify_command, "mail");
  EXPECT_EQ(config.cache.memory, kMiB);
  EXPECT_EQ(config.state_path, "/s");
}

TEST(Config, LayoutsAndTypesOfLaterVersionsParse) {
  EXPECT_EQ(good("[home]\nlayout = supervised\n").home.layout, "supervised");
  EXPECT_EQ(good("[location c]\ntype = s3\nbucket = x\n").locations[0].path, "");
}

// The error paths.

TEST(ConfigProblems, UnknownKeysAndSectionsGetASuggestion) {
  EXPECT_EQ(problems("[archive]\ncompresion = fast\n"),
            "2: unknown key 'compresion' in [archive]; did you mean 'compression'?\n");
  EXPECT_EQ(problems("[backup]\ncompression = fast\n"),
            "2: unknown key 'compression' in [backup]; it belongs into [archive]\n");
  EXPECT_EQ(problems("[hoem]\nroot = /a\n"), "1: unknown section [hoem]; did you mean 'home'?\n");
  EXPECT_EQ(problems("[locaton nas]\n"),
            "1: unknown section [locaton nas]; did you mean 'location NAME'?\n");
  EXPECT_EQ(problems("[zzz]\n"), "1: unknown section [zzz]\n");
  EXPECT_EQ(problems("root = /a\n"), "1: 'root' stands before the first [section]\n");
  EXPECT_EQ(problems("[location a]\npath = /a\npol = 1s\n"),
            "3: unknown key 'pol' in [location a]; did you mean 'poll'?\n");
}

TEST(ConfigProblems, EveryMistakeIsNamedInTheOrderOfLines) {
  EXPECT_EQ(problems("[home]\nroot = here\nlayuot = x\n[mount]\nhello\ntrash = maybe\n"),
            "2: root = here: it must be an absolute path\n"
            "3: unknown key 'layuot' in [home]; did you mean 'layout'?\n"
            "5: this is neither [section], nor key = value, nor a comment\n"
            "6: trash = maybe: it must be yes or no\n");
}

struct Bad {
  const char* section;
  const char* line;
  const char* expected;
};
class BadValue : public ::testing::TestWithParam<Bad> {};

TEST_P(BadValue, IsNamed) {
  const Bad& bad = GetParam();
  EXPECT_THAT(problems(concat("[", bad.section, "]\n", bad.line, "\n")),
              ::testing::StartsWith(concat("2: ")));
  EXPECT_THAT(problems(concat("[", bad.section, "]\n", bad.line, "\n")), HasSubstr(bad.expected));
}

INSTANTIATE_TEST_SUITE_P(
    Config, BadValue,
    ::testing::Values(
        Bad{"archive", "compression = fastt", "did you mean 'fast'?"},
        Bad{"archive", "compression = # fast", "must be none or fast"},
        Bad{"archive", "securetar = 1", "must be 2 or 3"},
        Bad{"archive", "encrypt = 2", "yes or no"},
        Bad{"automatic", "days = mon,foo", "days of the week"},
        Bad{"automatic", "days =", "days of the week"},
        Bad{"automatic", "days = daily,mon", "days"},
        Bad{"automatic", "time = 24:00", "time of day"},
        Bad{"automatic", "time = 4:5", "time of day"}, Bad{"automatic", "time = 4", "time of day"},
        Bad{"automatic", "time = -1:00", "time of day"},
        Bad{"automatic", "parts = config,apps:x", "did you mean 'apps'?"},
        Bad{"automatic", "parts = app:", "no part"},
        Bad{"automatic", "parts = app:../x", "no part"},
        Bad{"automatic", "parts = full,config", "no part"},
        Bad{"automatic", "locations = nass", "there is no [location nass]"},
        Bad{"automatic", "keep = -1", "whole number"},
        Bad{"automatic", "keep = 7x", "whole number"},
        Bad{"automatic", "keep = 99999999999999999999", "whole number"},
        Bad{"automatic", "stale_after = 3", "such as 60s"},
        Bad{"automatic", "stale_after = 99999999999d", "such as 60s"},
        Bad{"backup", "timeout = 0s", "at least 1s"},
        Bad{"backup", "before = a ; b", "' ;' begins a comment"},
        Bad{"restore", "after = a \t;b", "' ;' begins a comment"},
        Bad{"cache", "size = 1X", "such as 4096"}, Bad{"cache", "size = -1", "such as 4096"},
        Bad{"cache", "memory = 1", "at least"}, Bad{"mount", "uid = root", "number of a user"},
        Bad{"mount", "uid = 4294967295", "number of a user"}, Bad{"mount", "fmask = 0888", "octal"},
        Bad{"mount", "fmask = 1000", "octal"}, Bad{"mount", "control_allows = backup,rm", "'rm'"},
        Bad{"mount", "control_allows = delte", "did you mean 'delete'?"},
        Bad{"home", "root = ~/ha", "'~' means nothing"}, Bad{"home", "exclude = /a", "relative"},
        Bad{"home", "layout = folders", "needs a section [folders]"}));

TEST(ConfigProblems, AKeyStandsOnce) {
  EXPECT_EQ(problems("[home]\nroot = /a\nroot = /b\n"), "3: 'root' stands twice in [home]\n");
}

TEST(LoadConfig, NamesFileAndLineAndTheNumberOfFurtherMistakes) {
  const TempDirectory directory;
  directory.write("a.ini", "[home]\nroot = x\n[zzz]\n[yyy]\n");
  try {
    (void)load_config(directory.path("a.ini"), {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_THAT(error.what(), HasSubstr(directory.path("a.ini") + ":2: root = x: it must be"));
    EXPECT_THAT(error.what(), HasSubstr("2 more"));
  }
  EXPECT_THROW((void)load_config(directory.path("absent.ini"), {}), Error);
  directory.write("b.ini", "[home]\nroot = /x\n");
  EXPECT_EQ(load_config(directory.path("b.ini"), {}).home.root, "/x");
}

TEST(Units, DurationsAndSizes) {
  EXPECT_EQ(parse_duration("60s"), seconds(60));
  EXPECT_EQ(parse_duration("10m"), minutes(10));
  EXPECT_EQ(parse_duration("24h"), hours(24));
  EXPECT_EQ(parse_duration("3d"), hours(72));
  EXPECT_EQ(parse_duration("0"), seconds(0));
  for (const char* const bad : {"", "s", "1", "1w", "-1s", " 1s", "1s ", "1.5h", "1ss", "+1s",
                                "18446744073709551615s", "18446744073709551616s"}) {
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(parse_size("4096"), 4096U);
  EXPECT_EQ(parse_size("64M"), 64 * kMiB);
  EXPECT_EQ(parse_size("1g"), kGiB);
  EXPECT_EQ(parse_size("16T"), 16384 * kGiB);
  for (const char* const bad : {"", "M", "1GB", "0x10", "-1", "18446744073709551615",
                                "18446744073709551615K", "99999999999T"}) {
    EXPECT_EQ(parse_size(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace backshelf
