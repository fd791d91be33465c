#include "tools/command_line.h"

#include <gmock/gmock.h>

#include "tests/tools/command_fixture.h"

namespace backshelf {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CommandLine : public CommandFixture {};

TEST_F(CommandLine, AloneOrWithAWrongWordSaysWhatToTypeNext) {
  for (const auto& [words, hint] :
       {std::pair(std::vector<std::string>{}, "backshelf --help"),
        std::pair(std::vector<std::string>{"lst"}, "backshelf list"),
        std::pair(std::vector<std::string>{"frobnicate"}, "backshelf --help"),
        std::pair(std::vector<std::string>{"repair", "A"}, "backshelf repair --help"),
        std::pair(std::vector<std::string>{"cat"}, "backshelf cat --help"),
        std::pair(std::vector<std::string>{"list", "--jsn"}, "backshelf list --help")}) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.error, StartsWith("backshelf: "));
    EXPECT_THAT(outcome.error, HasSubstr(hint));
    EXPECT_EQ(std::count(outcome.error.begin(), outcome.error.end(), '\n'), 1);
    EXPECT_EQ(outcome.out, "");
  }
}

TEST_F(CommandLine, HelpAndVersionStandAnywhere) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--version"}, {"list", "--version"}, {"-q", "ls", "--version"}}) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out, StartsWith("backshelf "));
  }
  EXPECT_THAT(run({"--help"}).out, HasSubstr("extract"));
  EXPECT_THAT(run({"extract", "--help"}).out, HasSubstr("--overwrite"));
}

TEST_F(CommandLine, CommonOptionsStandBeforeOrBehind) {
  configure();
  add("A", 11);
  const std::string ini = files_.path("b.ini");
  EXPECT_EQ(run({"-c", ini, "ls", "A"}).out, run({"ls", "A", "-c", ini}).out);
  EXPECT_EQ(run({"ls", "-c", ini, "A"}).code, 0);
  const std::string key = vector_key();
  EXPECT_EQ(run({"-k", key, "-v", "ls", vector("v3_gz_basic.tar")}).code, 0);
}

TEST_F(CommandLine, MountGetsItsWords) {
  std::vector<std::string> got;
  const MountCommand mount = [&](const std::vector<std::string>& words) {
    got = words;
    return 7;
  };
  EXPECT_EQ(run({"mount", "-f", "/a", "/b"}, mount).code, 7);
  EXPECT_THAT(got, ElementsAre("-f", "/a", "/b"));
  EXPECT_EQ(run({"-k", "mount", "mount", "/b"}, mount).code, 7);
  EXPECT_THAT(got, ElementsAre("-k", "mount", "/b"));
  EXPECT_EQ(run({"list", "-c", "mount"}, mount).code, 2);
}

TEST_F(CommandLine, SuggestsWhatWasProbablyMeant) {
  EXPECT_EQ(suggest_command("extarct"), "extract");
  EXPECT_EQ(suggest_command("verfy"), "verify");
  EXPECT_EQ(suggest_command("something"), "");
}

TEST_F(CommandLine, NamesAMissingConfiguration) {
  const Outcome outcome = run({"list", "-c", files_.path("none.ini")});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.error, HasSubstr("none.ini does not exist"));
  EXPECT_EQ(run({"check-config", "-c", files_.path("none.ini")}).code, 2);
}

TEST_F(CommandLine, CheckConfigNamesEveryMistake) {
  configure("[archive]\ncompresion = fast\n[mount]\ndelete_window = soon\n");
  const Outcome outcome = shelf({"check-config"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.error, HasSubstr("b.ini:12: "));
  EXPECT_THAT(outcome.error, HasSubstr("compression"));
  EXPECT_THAT(outcome.error, HasSubstr("b.ini:14: "));
  configure();
  EXPECT_EQ(shelf({"check-config"}).code, 0);
}

}  // namespace
}  // namespace backshelf
