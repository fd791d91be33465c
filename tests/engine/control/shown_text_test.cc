#include "engine/control/shown_text.h"

#include <gtest/gtest.h>

namespace backshelf {
namespace {

TEST(ShownText, Utf8IsToldFromOtherBytes) {
  for (const char* const good : {"", "a", "ä", "€", "😀", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char* const bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFF", "\xC3", "\xE2\x82", "a\xF0\x9F\x98"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

TEST(ShownText, WhatCommandsATerminalBecomesVisible) {
  using namespace std::string_view_literals;
  EXPECT_EQ(visible_text("Küche 1"), "Küche 1");
  EXPECT_EQ(visible_text("a\0\n\x1B[2J\x7F"sv), "a\\x00\\x0A\\x1B[2J\\x7F");
  EXPECT_EQ(visible_text("\xC2\x9B"), "\\x9B");
  EXPECT_EQ(visible_text("a\xFFz"), "a\\xFFz");
  EXPECT_EQ(visible_text("\xE2\x80\xAEgpj"), "\\u202Egpj");
  EXPECT_TRUE(has_control_character("a\xC2\x9B"));
  EXPECT_FALSE(has_control_character("aä\xFF"));
}

TEST(ShownText, WidthIsInColumns) {
  EXPECT_EQ(shown_width("abc"), 3U);
  EXPECT_EQ(shown_width("äöü"), 3U);
  EXPECT_EQ(shown_width("漢字"), 4U);
  EXPECT_EQ(shown_width("e\xCC\x81"), 1U);
  EXPECT_EQ(shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(shortened("abcdef", 4), "abc…");
  EXPECT_EQ(shortened("漢字漢字", 4), "漢…");
}

TEST(ShownText, SizesAndDurations) {
  EXPECT_EQ(shown_size(0), "0 B");
  EXPECT_EQ(shown_size(999), "999 B");
  EXPECT_EQ(shown_size(1000), "1.0 kB");
  EXPECT_EQ(shown_size(999'949), "999.9 kB");
  EXPECT_EQ(shown_size(999'951), "1.0 MB");
  EXPECT_EQ(shown_size(UINT64_MAX), "18.4 EB");
  EXPECT_EQ(shown_duration(-5), "0 s");
  EXPECT_EQ(shown_duration(59), "59 s");
  EXPECT_EQ(shown_duration(60), "1 min");
  EXPECT_EQ(shown_duration(3700), "1 h 1 min");
  EXPECT_EQ(shown_duration(3 * 24 * 3600), "3 days");
}

TEST(ShownText, ColumnsAreAligned) {
  EXPECT_EQ(table_text({{"A", "SIZE", "X"}, {"ä漢", "1", ""}, {"b", "22", "y"}}, {1}, "> "),
            "> A    SIZE  X\n"
            "> ä漢     1\n"
            "> b      22  y\n");
  EXPECT_EQ(table_text({}, {}, ""), "");
}

}  // namespace
}  // namespace backshelf
