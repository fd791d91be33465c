// room: keys
// Any bytes as a key file: keys or an error; and every key that was found has forms, itself first.
#include <cstdint>
#include <cstdlib>

#include "engine/base/error.h"
#include "engine/keys/key_ring.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const backshelf::ByteView text(reinterpret_cast<const std::byte*>(data), size);
  try {
    const auto keys = backshelf::parse_key_text(text, "fuzz");
    if (keys.empty()) std::abort();
    for (const backshelf::SecretBytes& key : keys) {
      if (key.empty() || key.size() > size) std::abort();
    }
    const auto forms = backshelf::forms_of(keys.front().view());
    if (forms.empty() || !forms.front().equals(keys.front().view())) std::abort();
  } catch (const backshelf::Error& error) {
    if (error.kind() != backshelf::ErrorKind::kUsage) std::abort();
  }
  return 0;
}
