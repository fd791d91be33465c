// room: archive stream base
// Any bytes as an outer tar: members that lie inside it, or a problem.
#include <cstdint>

#include "engine/archive/outer_table.h"
#include "engine/stream/adapters.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backshelf;
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  const OuterTable table = read_outer_table(MemorySource(ByteVec(bytes, bytes + size)));
  if (table.members.empty() && table.problem.empty()) __builtin_trap();
  for (const OuterMember& member : table.members) {
    if (member.available > member.size || member.available > size) __builtin_trap();
    if (member.available != 0 && member.data_offset > size - member.available) __builtin_trap();
  }
  return 0;
}
