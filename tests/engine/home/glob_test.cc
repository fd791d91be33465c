#include "engine/home/glob.h"

#include <gtest/gtest.h>

#include <chrono>

namespace backshelf {
namespace {

struct Case {
  const char* pattern;
  const char* path;
  bool matches;
};

class GlobTest : public testing::TestWithParam<Case> {};

TEST_P(GlobTest, MatchesAsPathlibsFullMatchDoes) {
  const Case& c = GetParam();
  EXPECT_EQ(Glob(c.pattern).matches(c.path), c.matches) << c.pattern << " on " << c.path;
}

constexpr Case kCases[] = {
    {"data/*.log", "data/home-assistant.log", true},
    {"data/*.log", "data/.log", true},
    {"data/*.log", "data/sub/x.log", false},
    {"data/*.log", "data/x.log.1", false},
    {"data/*.log.*", "data/x.log.1", true},
    {"data/**/__pycache__/*", "data/__pycache__/a.pyc", true},
    {"data/**/__pycache__/*", "data/x/y/__pycache__/a.pyc", true},
    {"data/**/__pycache__/*", "data/x/__pycache__", false},
    {"data/**/__pycache__/*", "data/x/__pycache__/d/e", false},
    {"data/tts/*", "data/tts/a.mp3", true},
    {"data/tts/*", "data/tts", false},
    {"data/tts/*", "data/custom/tts/a.mp3", false},
    {"**/.DS_Store", ".DS_Store", true},
    {"**/.DS_Store", "a/b/.DS_Store", true},
    {"config/www/cache/**", "config/www/cache/a/b", true},
    {"config/www/cache/**", "config/www/cache/a", true},
    {"config/www/cache/**", "config/www/cache", false},
    {"config/www/cache/", "config/www/cache", true},
    {"./config//www", "config/www", true},
    {"/config", "config", true},
    {"**", "a/b", true},
    {"a/**/b/**/c", "a/b/c", true},
    {"a/**/b/**/c", "a/x/b/y/z/c", true},
    {"a/**/b/**/c", "a/x/y/c", false},
    {"a**b", "aXb", true},
    {"a**b", "a/b", false},
    {"home-assistant_v?.db", "home-assistant_v2.db", true},
    {"home-assistant_v?.db", "home-assistant_v.db", false},
    {"home-assistant_v?.db", "home-assistant_v22.db", false},
    {"*.log", "\xC3\xA4.log", true},
    {"\xC3\xA4*", "\xC3\xA4.log", true},
    {"*\xA4", "\xC3\xA4", false},
    {"a*\xC3\xA4", "a-\xC3\xA4", true},
    {"**/x", "a/b/y", false},
    {"**/b/x", "x", false},
    {"a/**/b/**/c", "c", false},
    {"?", "\xC3\xA4", true},
    {"?", "\xFF", true},
    {"?", "\xC3\xA4\xC3\xA4", false},
    {"[a-c]x", "bx", true},
    {"[a-c]x", "dx", false},
    {"[!a-c]x", "dx", true},
    {"[]]x", "]x", true},
    {"[!]]x", "]x", false},
    {"[a-]", "-", true},
    {"[abc", "[abc", true},
    {"[!", "[!", true},
    {"[z-a]", "m", false},
    {"[\xC3\xA4-\xC3\xB6]", "\xC3\xB6", true},
    {"*.yaml", "a.YAML", false},
    {"", "", false},
    {"", "a", false},
    {"/", "a", false},
    {"*", "", false},
    {"a\\*b", "a\\xb", true},
};
INSTANTIATE_TEST_SUITE_P(Patterns, GlobTest, testing::ValuesIn(kCases));

TEST(Glob, HostilePatternsTakeNoLongTime) {
  std::string stars, depths, path;
  for (int i = 0; i < 250; ++i) stars += "*a";
  for (int i = 0; i < 250; ++i) depths += "**/*/";
  for (int i = 0; i < 2000; ++i) path += "a/";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(Glob(stars + "b").matches(std::string(4000, 'a')));
  EXPECT_FALSE(Glob(depths.substr(0, 1000) + "b").matches(path));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

TEST(Glob, ATooLongPatternMatchesNothing) {
  EXPECT_TRUE(Glob(std::string(Glob::kMaxBytes, '*')).matches("a"));
  EXPECT_FALSE(Glob(std::string(Glob::kMaxBytes + 1, '*')).matches("a"));
}

TEST(GlobSet, OneOfThemIsEnough) {
  const GlobSet set({"a/*", "b"});
  EXPECT_TRUE(set.matches("a/x"));
  EXPECT_TRUE(set.matches("b"));
  EXPECT_FALSE(set.matches("b/x"));
  EXPECT_FALSE(GlobSet().matches("a"));
}

}  // namespace
}  // namespace backshelf
