// room: json base
#include <cstdint>
#include <cstdlib>

#include "engine/base/error.h"
#include "engine/json/json.h"

// Whatever is accepted prints as JSON that is accepted again and prints the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backshelf;
  const ByteView text(reinterpret_cast<const std::byte*>(data), size);
  Json value;
  try {
    value = parse_json(text, {.bytes = 1 << 16, .depth = 20, .values = 1000});
  } catch (const Error&) {
    return 0;
  }
  const std::string once = print_json(value, size % 3 == 0 ? 2 : -1);
  const std::string twice = print_json(parse_json(as_bytes(once)), size % 3 == 0 ? 2 : -1);
  if (once != twice) std::abort();
  return 0;
}
