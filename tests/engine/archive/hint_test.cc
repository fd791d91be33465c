#include <gtest/gtest.h>

#include "engine/archive/tail_index.h"
#include "engine/crypto/hash.h"

namespace backshelf {
namespace {

std::vector<HintMember> two_members() {
  HintMember first;
  first.name = blake2b16(as_bytes("homeassistant.tar.gz"));
  first.head = blake2b16(as_bytes("its first 136 bytes"));
  first.size = 0x1122334455667788;
  first.chunks = 0xfffffffe;
  first.first_chunk = 0xabcdef01;
  first.chain[0] = std::byte{1};
  first.chain[7] = std::byte{8};
  HintMember second;
  second.size = 1;
  return {first, second};
}

TEST(Hint, gives_back_what_it_took) {
  const std::vector<HintMember> members = two_members();
  const std::vector<HintMember> found = parse_hint(print_hint(members));
  ASSERT_EQ(found.size(), members.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    EXPECT_EQ(found[i].name, members[i].name);
    EXPECT_EQ(found[i].head, members[i].head);
    EXPECT_EQ(found[i].size, members[i].size);
    EXPECT_EQ(found[i].chunks, members[i].chunks);
    EXPECT_EQ(found[i].first_chunk, members[i].first_chunk);
    EXPECT_EQ(found[i].chain, members[i].chain);
  }
}

TEST(Hint, is_laid_out_as_written_down) {
  const ByteVec bytes = print_hint(two_members());
  EXPECT_EQ(bytes.size(), 16U + 2 * 56U);
  EXPECT_EQ(as_text(ByteView(bytes).first(8)), "HASEEKH1");
  EXPECT_EQ(to_hex(ByteView(bytes).subspan(48, 24)),
            "8877665544332211feffffff01efcdab0100000000000008");
}

TEST(Hint, with_any_bit_changed_or_cut_is_none) {
  const ByteVec bytes = print_hint(two_members());
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    ByteVec changed = bytes;
    changed[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_TRUE(parse_hint(changed).empty()) << bit;
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_TRUE(parse_hint(ByteView(bytes).first(size)).empty()) << size;
  }
  ByteVec longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_TRUE(parse_hint(longer).empty());
}

}  // namespace
}  // namespace backshelf
