#include "engine/config/ini_lines.h"

#include <gtest/gtest.h>

namespace backshelf {
namespace {

std::string shown(const IniText& text) {
  std::string all;
  for (const IniLine& line : text.lines) {
    all += concat(line.line, "[", line.section, "]", line.key, "=", line.value, line.cut ? "!" : "",
                  "\n");
  }
  for (const ConfigProblem& problem : text.problems) {
    all += concat(problem.line, ": ", problem.text, "\n");
  }
  return all;
}

std::string read(std::string_view text) {
  return shown(read_ini(as_bytes(text)));
}

TEST(IniLines, AnEmptyFileHasNothing) {
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read("\n\r\n  \n# c\n ; c\n"), "");
}

TEST(IniLines, SectionsAndSettingsKnowTheirLine) {
  EXPECT_EQ(read("[a]\nx = 1\n\n[location  nas]\ny=2"),
            "1[a]=\n2[a]x=1\n4[location nas]=\n5[location nas]y=2\n");
}

TEST(IniLines, BomAndCrlfAreFine) {
  EXPECT_EQ(read("\xEF\xBB\xBF[a]\r\nx = 1\r\n"), "1[a]=\n2[a]x=1\n");
}

TEST(IniLines, ACommentBehindAValueIsCutOff) {
  EXPECT_EQ(read("[a] ; c\nx = 1 ; c\ny = ; c\nz =;c\nw = a;b\n"),
            "1[a]=\n2[a]x=1!\n3[a]y=\n4[a]z=\n5[a]w=a;b\n");
}

TEST(IniLines, AnIndentedLineIsNoContinuation) {
  EXPECT_EQ(read("[a]\nx = 1\n  y = 2\n"), "1[a]=\n2[a]x=1\n3[a]y=2\n");
}

// The error paths.

TEST(IniLines, EveryBadLineIsNamed) {
  EXPECT_EQ(read("[a]\nhello\nx = 1\n[b\n= 5\nworld\n[c] d\n"),
            "1[a]=\n3[a]x=1\n"
            "2: this is neither [section], nor key = value, nor a comment\n"
            "4: a section is written [name], on a line of its own\n"
            "5: there is no key before '='\n"
            "6: this is neither [section], nor key = value, nor a comment\n"
            "7: a section is written [name], on a line of its own\n");
}

TEST(IniLines, ALineOf199BytesIsReadAndOneOf200IsNot) {
  const std::string longest = "x = " + std::string(195, 'v');
  EXPECT_EQ(read(longest), concat("1[]x=", std::string(195, 'v'), "\n"));
  EXPECT_EQ(read(longest + "v\ny = 1\n"),
            "2[]y=1\n1: the line has 200 bytes; at most 199 are read: shorten it\n");
}

TEST(IniLines, ALongCommentDoesNoHarm) {
  const std::string comment(1000, 'c');
  EXPECT_EQ(read("#" + comment + "\nx = 1 ; " + comment + "\n[a] ; " + comment),
            "2[]x=1!\n3[a]=\n");
}

TEST(IniLines, ControlCharactersAreRefused) {
  using namespace std::string_view_literals;
  const std::string refusal =
      "1: the line holds a control character; this must be a plain text file\n";
  EXPECT_EQ(read("x = \0a\n"sv), refusal);
  EXPECT_EQ(read("x = \x1B[2J\n"), refusal);
  EXPECT_EQ(read("[a\x07]\n"), refusal);
}

TEST(IniLines, ALongKeyIsRefusedAndNotCut) {
  EXPECT_EQ(read(std::string(48, 'k') + " = 1"), concat("1[]", std::string(48, 'k'), "=1\n"));
  EXPECT_EQ(read(std::string(49, 'k') + " = 1"), "1: the key is too long\n");
  EXPECT_EQ(read(std::string(80, 'k') + " = 1"), "1: the key is too long\n");
}

TEST(IniLines, AHugeFileIsRefusedAndProblemsAreBounded) {
  EXPECT_EQ(read_ini(ByteVec(kMiB + 1)).problems.size(), 1U);
  std::string bad;
  for (int i = 0; i < 100'000; ++i) bad += "bad\n";
  EXPECT_LE(read_ini(as_bytes(bad)).problems.size(), 1001U);
}

}  // namespace
}  // namespace backshelf
