// room: archive json base
// Any bytes as backup.json: fields that print and parse again, or one kind of error.
#include <cstdint>

#include "engine/archive/metadata.h"
#include "engine/base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backshelf;
  try {
    const Metadata metadata = parse_metadata({reinterpret_cast<const std::byte*>(data), size});
    (void)make_slug(metadata.date, metadata.name);
    if (!suggested_file_name(metadata.name, metadata.date).ends_with(".tar")) __builtin_trap();
    const Metadata again = parse_metadata(as_bytes(print_metadata(metadata)));
    if (again.folders.size() != metadata.folders.size()) __builtin_trap();
    if (again.addons.size() != metadata.addons.size()) __builtin_trap();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kBadMetadata) __builtin_trap();
  }
  return 0;
}
