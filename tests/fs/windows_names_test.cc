#include "fs/windows_names.h"

#include <gtest/gtest.h>

#include <set>

namespace backshelf {
namespace {

using namespace std::string_literals;

TEST(WindowsNames, WhatWindowsShowsStaysAsItIs) {
  for (const std::string name : {"configuration.yaml", ".storage", "Grüße.txt", "a b", "100%",
                                 "50%2", " in front", "%zz", "%2a", "~", "conf", "日本", "😀"}) {
    EXPECT_EQ(windows_name(name), name);
    EXPECT_EQ(stored_name(name), name);
  }
}

TEST(WindowsNames, WhatItCannotShowIsWrittenInDigitsAndReadBack) {
  const std::pair<std::string, std::string> kNames[] = {
      {"a:b?.yaml", "a%3Ab%3F.yaml"},
      {"<>\"|*\\", "%3C%3E%22%7C%2A%5C"},
      {"tab\there", "tab%09here"},
      {"end.", "end%2E"},
      {"end ", "end%20"},
      {"end. .", "end. %2E"},
      {"con", "%63on"},
      {"Lpt1.txt", "%4Cpt1.txt"},
      {"100%3A", "100%253A"},
      {"%%3A:", "%%253A%3A"},
      {"raw\xff\xfe", "raw%FF%FE"},
      {"cut \xE2\x82", "cut %E2%82"},
      {"overlong \xC0\xAF", "overlong %C0%AF"},
      {"surrogate \xED\xA0\x80", "surrogate %ED%A0%80"},
  };
  for (const auto& [name, shown] : kNames) {
    EXPECT_EQ(windows_name(name), shown);
    EXPECT_EQ(stored_name(shown), name);
  }
}

TEST(WindowsNames, NoTwoNamesBecomeOne) {
  const std::string letters = "%3A:.\xff"s;
  std::set<std::string> shown;
  std::size_t names = 0;
  for (std::size_t number = 0; number < 6U * 6 * 6 * 6 * 6; ++number) {
    std::string name;
    for (std::size_t rest = number, i = 0; i < 5; ++i, rest /= 6) name += letters[rest % 6];
    ++names;
    shown.insert(windows_name(name));
    EXPECT_EQ(stored_name(windows_name(name)), name);
  }
  EXPECT_EQ(shown.size(), names);
}

TEST(WindowsNames, WhatWouldBeAnotherNameIsNone) {
  EXPECT_FALSE(stored_name("a:b"));
  EXPECT_FALSE(stored_name("a%41"));  // 'A' needs no digits
  EXPECT_FALSE(stored_name("end."));
}

TEST(WindowsNames, WhatGetsTooLongIsCutAndStillItself) {
  const std::string one = std::string(200, ':') + "1", other = std::string(200, ':') + "2";
  EXPECT_LE(windows_name(one).size(), 255U);
  EXPECT_NE(windows_name(one), windows_name(other));
  EXPECT_TRUE(is_cut_name(windows_name(one)));
  EXPECT_NE(stored_name(windows_name(one)), one);
  EXPECT_FALSE(is_cut_name("notes~"));
  for (std::size_t length = 60; length < 130; ++length) {
    const std::string shown = windows_name(std::string(length, 'a') + std::string(90, ':') + "é");
    EXPECT_LE(shown.size(), 255U);
    EXPECT_TRUE(is_cut_name(shown));
    EXPECT_TRUE(stored_name(shown.substr(0, shown.find('~'))))
        << "cut between its digits: " << shown;
  }
}

}  // namespace
}  // namespace backshelf
