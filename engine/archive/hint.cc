#include <algorithm>

#include "engine/archive/index_bytes.h"
#include "engine/archive/tail_index.h"
#include "engine/deflate/combine_crc.h"

namespace backshelf {
namespace {

constexpr std::string_view kHintMagic = "HASEEKH1";
constexpr std::size_t kHintHeadBytes = 16;
constexpr std::size_t kHintRowBytes = 56;

}  // namespace

ByteVec print_hint(const std::vector<HintMember>& members) {
  ByteVec rows;
  for (const HintMember& member : members) {
    put_bytes(rows, member.name);
    put_bytes(rows, member.head);
    put_fixed(rows, member.size, 8);
    put_fixed(rows, member.chunks, 4);
    put_fixed(rows, member.first_chunk, 4);
    put_bytes(rows, member.chain);
  }
  ByteVec out;
  put_bytes(out, as_bytes(kHintMagic));
  put_fixed(out, members.size(), 4);
  put_fixed(out, crc32_of(rows), 4);
  put_bytes(out, rows);
  return out;
}

std::vector<HintMember> parse_hint(ByteView bytes) {
  if (bytes.size() < kHintHeadBytes) return {};
  IndexReader reader(bytes);
  if (as_text(reader.view(kHintMagic.size())) != kHintMagic) return {};
  const std::uint64_t count = reader.fixed(4);
  const std::uint64_t crc = reader.fixed(4);
  if (reader.left() != count * kHintRowBytes) return {};
  if (crc != crc32_of(bytes.subspan(kHintHeadBytes))) return {};
  std::vector<HintMember> members(static_cast<std::size_t>(count));
  for (HintMember& member : members) {
    std::ranges::copy(reader.view(member.name.size()), member.name.begin());
    std::ranges::copy(reader.view(member.head.size()), member.head.begin());
    member.size = reader.fixed(8);
    member.chunks = static_cast<std::uint32_t>(reader.fixed(4));
    member.first_chunk = static_cast<std::uint32_t>(reader.fixed(4));
    std::ranges::copy(reader.view(member.chain.size()), member.chain.begin());
  }
  return members;
}

}  // namespace backshelf
