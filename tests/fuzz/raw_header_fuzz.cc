// room: tar stream base
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "engine/base/error.h"
#include "engine/tar/raw_header.h"

// A block is read in any case; what was read of it is what a header written from it says again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backshelf;
  const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  (void)walk_pax(bytes, [](std::string_view, std::string_view) {});
  if (size < kTarBlock) return 0;
  const auto header = parse_raw_header(bytes.first(kTarBlock));
  if (!header || header->name.size() > 100 || header->size >> 33U != 0) return 0;
  const auto again = parse_raw_header(
      make_plain_header({header->name, header->size, std::max<std::int64_t>(header->mtime, 0), 0}));
  if (!again || again->name != header->name || again->size != header->size) std::abort();
  return 0;
}
