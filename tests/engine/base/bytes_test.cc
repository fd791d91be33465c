#include "engine/base/bytes.h"

#include <gtest/gtest.h>

#include <array>

namespace backshelf {
namespace {

TEST(Bytes, IntegersKeepTheirByteOrder) {
  std::array<std::byte, 8> bytes{};
  store_be64(bytes, 0x0123456789ABCDEFULL);
  EXPECT_EQ(to_hex(bytes), "0123456789abcdef");
  EXPECT_EQ(load_be64(bytes), 0x0123456789ABCDEFULL);
  store_le32(bytes, 0x89ABCDEFU);
  EXPECT_EQ(to_hex(ByteView(bytes).first(4)), "efcdab89");
  EXPECT_EQ(load_le32(bytes), 0x89ABCDEFU);
}

TEST(Bytes, HexGoesBothWays) {
  EXPECT_EQ(to_hex(from_hex("00fFa9")), "00ffa9");
  for (const char* bad : {"", "0", "0g", "000", " 00", "0x00"}) {
    EXPECT_TRUE(from_hex(bad).empty()) << bad;
  }
}

TEST(Bytes, ConcatJoinsTextAndNumbers) {
  EXPECT_EQ(concat("a", std::string("b"), std::string_view("c"), 12, std::uint64_t{3}), "abc123");
}

}  // namespace
}  // namespace backshelf
