#include "engine/deflate/combine_crc.h"

#include <gtest/gtest.h>

namespace backshelf {
namespace {

TEST(CombineCrc, is_the_crc_of_both_pieces_together) {
  const std::string text = "123456789";
  EXPECT_EQ(crc32_of(as_bytes(text)), 0xcbf43926U);  // the check value of RFC 1952's CRC
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const std::string first = text.substr(0, cut), second = text.substr(cut);
    EXPECT_EQ(combine_crc(crc32_of(as_bytes(first)), crc32_of(as_bytes(second)), second.size()),
              0xcbf43926U);
  }
}

}  // namespace
}  // namespace backshelf
