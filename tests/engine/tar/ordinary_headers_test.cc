#include <gtest/gtest.h>

#include <random>

#include "engine/tar/pax_headers.h"

namespace backshelf {
namespace {

class OrdinaryHeaders : public testing::Test {
 protected:
  std::uint64_t below(std::uint64_t bound) {
    return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(random_);
  }
  std::string word(std::size_t longest) {
    std::string text(1 + below(longest), ' ');
    // Mostly letters; sometimes what libarchive may treat in its own way.
    for (char& c : text)
      c = below(400) == 0 ? static_cast<char>(below(256)) : static_cast<char>('a' + below(26));
    return text;
  }
  std::string path() {
    std::string text = word(12);
    for (std::uint64_t parts = below(6); parts > 0; --parts)
      text += "/" + word(below(8) == 0 ? 90 : 20);
    if (below(40) == 0) text += "/";
    if (below(40) == 0) text = "./" + text;
    if (below(40) == 0) text = "/" + text;
    return text;
  }
  std::uint64_t number(std::initializer_list<std::uint64_t> edges) {
    const std::uint64_t edge = *(edges.begin() + below(edges.size()));
    switch (below(4)) {
      case 0:
        return edge;
      case 1:
        return edge + 1;
      case 2:
        return edge == 0 ? 0 : edge - 1;
      default:
        return below(edge + 1);
    }
  }
  Entry entry() {
    Entry made;
    made.type = below(4) == 0 ? EntryType::kDirectory : EntryType::kFile;
    made.path = path();
    made.mode = static_cast<std::uint32_t>(below(8) == 0 ? below(07777) : below(01000));
    made.uid = static_cast<std::int64_t>(number({0, 1000, 0777777}));
    made.gid = static_cast<std::int64_t>(number({0, 100, 0777777}));
    if (below(3) != 0) made.user_name = word(below(4) == 0 ? 34 : 8);
    if (below(3) != 0) made.group_name = word(below(4) == 0 ? 34 : 8);
    made.mtime.seconds =
        static_cast<std::int64_t>(number({0, 1'700'000'000, 2147483647, 8589934591}));
    const std::uint64_t nanos[] = {0, 1, 100'000'000, 120'000, 999'999'999, below(1'000'000'000)};
    made.mtime.nanoseconds = static_cast<std::uint32_t>(nanos[below(6)]);
    if (made.type == EntryType::kFile) {
      made.size = number({0, 4096, 100'000});
      if (below(500) == 0) made.size = number({8589934591});
    }
    return made;
  }

  std::mt19937_64 random_{20261124};
};

TEST_F(OrdinaryHeaders, AreByteForByteWhatLibarchiveWrites) {
  PaxHeaders headers;
  int ordinary = 0;
  for (int round = 0; round < 20'000; ++round) {
    const Entry made = entry();
    ByteVec own;
    if (!append_ordinary_headers(made, own)) continue;
    ++ordinary;
    const ByteView right = headers.make(made);
    ASSERT_TRUE(std::equal(own.begin(), own.end(), right.begin(), right.end()))
        << made.path << " " << made.uid << " " << made.mtime.seconds << "."
        << made.mtime.nanoseconds << " " << made.size;
  }
  EXPECT_GT(ordinary, 2'000);
}

TEST_F(OrdinaryHeaders, WhatIsNotOrdinaryLeavesThemAsTheyWere) {
  Entry link;
  link.type = EntryType::kSymlink;
  link.path = "a";
  link.link_target = "b";
  ByteVec own(3);
  EXPECT_FALSE(append_ordinary_headers(link, own));
  EXPECT_EQ(own.size(), 3U);
}

}  // namespace
}  // namespace backshelf
