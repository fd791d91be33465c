#include "engine/base/rel_path.h"

#include <gtest/gtest.h>

namespace backshelf {
namespace {

using namespace std::string_literals;

std::string written(std::string_view text) {
  const auto path = RelPath::parse(text);
  return path ? path->text() : "(no path)";
}

TEST(RelPath, IsReducedToItsComponents) {
  EXPECT_EQ(written(""), "");
  EXPECT_EQ(written("."), "");
  EXPECT_EQ(written("./"), "");
  EXPECT_EQ(written("./a//b/"), "a/b");
  EXPECT_EQ(written("a/./b"), "a/b");
  EXPECT_EQ(written("a/../b"), "b");
  EXPECT_EQ(written("a/b/../.."), "");
  EXPECT_EQ(written("a\\b"), "a\\b");
  EXPECT_EQ(written("\xFF\xFE"), "\xFF\xFE");
  EXPECT_EQ(written("..."), "...");
}

TEST(RelPath, WhatLeadsOutsideIsNoPath) {
  for (const std::string& text :
       {"/"s, "/a"s, ".."s, "../a"s, "a/../.."s, "a/../../b"s, "./../a"s, "a\0b"s, "\0"s}) {
    EXPECT_FALSE(RelPath::parse(text)) << text;
  }
}

TEST(RelPath, HasLimits) {
  EXPECT_TRUE(RelPath::parse(std::string(255, 'n')));
  EXPECT_FALSE(RelPath::parse(std::string(256, 'n')));
  std::string deep;
  for (std::size_t i = 0; i < RelPath::kMaxDepth; ++i) deep += "d/";
  EXPECT_TRUE(RelPath::parse(deep));
  EXPECT_FALSE(RelPath::parse(deep + "d"));
  EXPECT_TRUE(RelPath::parse(deep + "../d"));
}

TEST(RelPath, KnowsItsParts) {
  const RelPath path = RelPath::parse("a/b/c").value();
  EXPECT_EQ(path.name(), "c");
  EXPECT_EQ(path.parent().text(), "a/b");
  EXPECT_EQ(path.parent().parent().parent().text(), "");
  EXPECT_TRUE(RelPath().parent().is_root());
  EXPECT_EQ(RelPath().name(), "");
  EXPECT_EQ(path.components(), (std::vector<std::string_view>{"a", "b", "c"}));
  EXPECT_TRUE(RelPath().components().empty());
  EXPECT_EQ(path.child("d").text(), "a/b/c/d");
  EXPECT_EQ(RelPath().child("d").text(), "d");
}

}  // namespace
}  // namespace backshelf
