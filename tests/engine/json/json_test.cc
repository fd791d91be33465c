#include "engine/json/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "engine/base/error.h"

namespace backshelf {
namespace {

Json parsed(std::string_view text, const JsonLimits& limits = {}) {
  return parse_json(as_bytes(text), limits);
}

std::string round_trip(std::string_view text) {
  return print_json(parsed(text));
}

std::string refusal(std::string_view text, const JsonLimits& limits = {}) {
  try {
    (void)parsed(text, limits);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kDamaged);
    return error.why();
  }
  return "accepted";
}

// Errors first.

TEST(Json, WhatIsNoJsonIsRefusedWithItsPlace) {
  EXPECT_THAT(refusal("{\n\"a\": 1,\n}"), testing::HasSubstr("line 3"));
  for (const char* text :
       {"", " ", "{", "[1,", "{\"a\":}", "nul", "1 2", "\"open", "[1]]", "{'a':1}", "\xEF\xBB",
        "[NaNN]", "[1NaN]", "-NaN", "\"\\ud800\"", "\"\xFF\"", "[01]", "\x01", "1e999"}) {
    EXPECT_NE(refusal(text), "accepted") << text;
  }
}

TEST(Json, MessagesQuoteNothingThatATerminalWouldObey) {
  for (const char c : refusal("{\"a\": \x1b[31m\xff}")) EXPECT_TRUE(c >= ' ' && c <= '~');
}

TEST(Json, DepthIsLimited) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(refusal(nested(64)), "accepted");
  EXPECT_THAT(refusal(nested(65)), testing::HasSubstr("deeper than 64"));
  EXPECT_THAT(refusal(std::string(5'000'000, '[')), testing::HasSubstr("deeper"));
}

TEST(Json, NumberOfValuesAndBytesAreLimited) {
  EXPECT_EQ(refusal("[1,2,3]", {.values = 4}), "accepted");
  EXPECT_THAT(refusal("[1,2,3]", {.values = 3}), testing::HasSubstr("more than 3 values"));
  EXPECT_EQ(refusal("[1]", {.bytes = 3}), "accepted");
  EXPECT_THAT(refusal("[12]", {.bytes = 3}), testing::HasSubstr("larger than 3"));
}

// What Home Assistant and Python write.

TEST(Json, AByteOrderMarkIsAccepted) {
  EXPECT_EQ(round_trip("\xEF\xBB\xBF{}"), "{}");
}

TEST(Json, PythonsNonNumbersAreNullButNotInsideStrings) {
  EXPECT_EQ(round_trip(R"({"NaN": [NaN,Infinity,-Infinity, 1], "b\"NaN": "a\\", "c":NaN})"),
            R"({"NaN":[null,null,null,1],"b\"NaN":"a\\","c":null})");
}

TEST(Json, OfDuplicateKeysTheLastValueStaysInTheFirstPlace) {
  EXPECT_EQ(round_trip(R"({"a":1,"b":2,"a":3,"c":4,"b":5,"a":6})"), R"({"a":6,"b":5,"c":4})");
}

TEST(Json, ManyDuplicateKeysTakeNoLongTime) {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i) text += concat("\"", i % 1000, "\":", i, ",");
  const Json value = parsed(text + "\"x\":0}");
  EXPECT_EQ(value.members().size(), 1001U);
  EXPECT_EQ(value["999"].int_or(0), 199'999);
}

TEST(Json, KeysKeepTheirOrderAndNumbersTheirKind) {
  EXPECT_EQ(round_trip(R"({"z":0.0,"a":-7,"m":18446744073709551615,"e":1.5e300,"t":[true,null]})"),
            R"({"z":0.0,"a":-7,"m":18446744073709551615,"e":1.5e+300,"t":[true,null]})");
}

TEST(Json, TextIsAnyUnicode) {
  EXPECT_EQ(round_trip(R"("\u00fc\ud83d\ude00\u0000\n\/")"), "\"ü😀\\u0000\\n/\"");
}

// Printing.

TEST(Json, InvalidUtf8IsReplacedWhenPrinted) {
  EXPECT_EQ(print_json(Json("a\xFFz")), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(print_json(Json::object().set("k\xC3", 1)), "{\"k\xEF\xBF\xBD\":1}");
}

TEST(Json, WhatJsonCannotSayIsNull) {
  EXPECT_EQ(print_json(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(print_json(std::numeric_limits<double>::quiet_NaN()), "null");
}

TEST(Json, IndentedOutputIsForPeople) {
  const Json value =
      Json::object().set("a", Json::array().push(1).push("x")).set("b", Json::object());
  EXPECT_EQ(print_json(value, 2), "{\n  \"a\": [\n    1,\n    \"x\"\n  ],\n  \"b\": {}\n}");
}

// Access.

TEST(Json, ForeignValuesAreReadWithDefaults) {
  const Json value = parsed(R"({"s":"x","i":5,"f":2.75,"b":true,"big":1e30,"a":[1]})");
  EXPECT_EQ(value["s"].text_or("?"), "x");
  EXPECT_EQ(value["i"].text_or("?"), "?");
  EXPECT_EQ(value["f"].int_or(0), 2);
  EXPECT_EQ(value["big"].int_or(-1), -1);
  EXPECT_EQ(Json(std::uint64_t{7}).int_or(-1), 7);
  EXPECT_EQ(Json(std::uint64_t{1} << 63U).int_or(-1), -1);
  EXPECT_EQ(value["i"].number_or(0), 5.0);
  EXPECT_TRUE(value["b"].bool_or(false));
  EXPECT_TRUE(value["missing"]["deeper"].is_null());
  EXPECT_TRUE(value["s"].items().empty());
  EXPECT_EQ(value["a"].items().size(), 1U);
  EXPECT_TRUE(value.has("s"));
  EXPECT_FALSE(value["a"].has("s"));
}

TEST(Json, SetReplacesAndPushAppends) {
  Json value;
  value.set("a", 1).set("a", 2);
  EXPECT_EQ(print_json(value), R"({"a":2})");
  Json list;
  list.push(nullptr).push(std::uint64_t{1});
  EXPECT_EQ(print_json(list), "[null,1]");
}

}  // namespace
}  // namespace backshelf
