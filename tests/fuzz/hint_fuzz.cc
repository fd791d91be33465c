// room: archive deflate base
// Any bytes as a hint: none, or members that print to the same bytes.
#include <cstdlib>

#include "engine/archive/tail_index.h"
#include "engine/deflate/combine_crc.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backshelf;
  const auto* const bytes = reinterpret_cast<const std::byte*>(data);
  ByteVec hint(bytes, bytes + size);
  (void)parse_hint(hint);
  if (size < 16) return 0;
  store_le32(ByteSpan(hint).subspan(12),
             crc32_of(ByteView(hint).subspan(16)));  // as a forger would
  const auto members = parse_hint(hint);
  if (!members.empty() && print_hint(members) != hint) std::abort();
  return 0;
}
