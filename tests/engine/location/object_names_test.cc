#include "engine/location/object_names.h"

#include <gtest/gtest.h>

namespace backshelf {
namespace {

using namespace std::string_literals;

// Appended piece by piece: g++ 12 warns wrongly about a long temporary plus a literal.
std::string long_name(std::size_t stem) {
  std::string name;
  name.append(stem, 'x').append(".tar");
  return name;
}

TEST(ObjectNames, OnlyPlainVisibleTarNamesAreArchives) {
  EXPECT_TRUE(is_archive_name("A.tar"));
  EXPECT_TRUE(is_archive_name(long_name(251)));
  for (const std::string& name : {""s, "."s, ".."s, ".tar"s, ".A.tar"s, "A"s, "A.TAR"s, "A.tar~"s,
                                  "a/b.tar"s, "../b.tar"s, "a\0b.tar"s, long_name(252)}) {
    EXPECT_FALSE(is_archive_name(name)) << name;
  }
}

TEST(ObjectNames, TemporaryNamesBelongToOneInstallation) {
  const std::string name = temporary_name("aa11", "backup-7/..", "r1");
  EXPECT_EQ(name, ".backshelf-aa11-backup_7_..-r1.part");
  EXPECT_TRUE(is_temporary_name(name, "aa11"));
  EXPECT_FALSE(is_temporary_name(name, "aa1"));
  EXPECT_FALSE(is_temporary_name(name, "bb22"));
  EXPECT_FALSE(is_archive_name(name));
}

TEST(ObjectNames, AHiddenNameTellsWhenAndWhatWasDeleted) {
  const std::string name = hidden_name("aa11", 1700000000, "r1", "My-backup 1.tar");
  EXPECT_FALSE(is_archive_name(name));
  EXPECT_FALSE(name.ends_with(".tar"));
  const auto parsed = parse_hidden_name(name, "aa11");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->deleted_seconds, 1700000000);
  EXPECT_EQ(parsed->original, "My-backup 1.tar");
  EXPECT_FALSE(parse_hidden_name(name, "bb22"));
}

TEST(ObjectNames, TheLongestNameIsCutButStillAnArchiveName) {
  const std::string umlauts = [] {
    std::string text;
    while (text.size() < 250) text += "\xC3\xA4";
    return text + ".tar";
  }();
  const std::string name = hidden_name(std::string(32, 'f'), 1700000000, "0123", umlauts);
  EXPECT_LE(name.size(), kObjectNameBytes);
  const auto parsed = parse_hidden_name(name, std::string(32, 'f'));
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(is_archive_name(parsed->original));
  EXPECT_EQ(parsed->original.size() % 2, 0U) << "half of a letter is left";
}

TEST(ObjectNames, WhatOnlyLooksHiddenIsNot) {
  for (const char* name :
       {"", "~", ".backshelf-deleted-aa11-", ".backshelf-deleted-aa11-~",
        ".backshelf-deleted-aa11-12~", ".backshelf-deleted-aa11-12-~",
        ".backshelf-deleted-aa11-12-r-~", ".backshelf-deleted-aa11-12-r-A~",
        ".backshelf-deleted-aa11-x-r-A.tar~", ".backshelf-deleted-aa11-12-r-A.tar",
        ".backshelf-deleted-aa11-99999999999999999999-r-A.tar~",
        ".backshelf-deleted-aa11-12-r-../A.tar~"}) {
    EXPECT_FALSE(parse_hidden_name(name, "aa11")) << name;
  }
}

TEST(ObjectNames, NumbersComeBeforeTheEnding) {
  EXPECT_EQ(numbered_name("A.tar", 1), "A.tar");
  EXPECT_EQ(numbered_name("A.tar", 2), "A (2).tar");
  const std::string longest = long_name(251);
  EXPECT_EQ(numbered_name(longest, 10).size(), kObjectNameBytes);
  EXPECT_TRUE(numbered_name(longest, 10).ends_with("x (10).tar"));
}

}  // namespace
}  // namespace backshelf
