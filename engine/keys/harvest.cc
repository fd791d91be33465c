#include "engine/keys/harvest.h"

#include "engine/base/error.h"
#include "engine/json/json.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxHarvestedBytes = 1024;  // as in a key file

}  // namespace

std::optional<SecretBytes> key_in_storage(ByteView storage) {
  try {
    const Json json = parse_json(storage);
    std::string key = json["data"]["config"]["create_backup"]["password"].text_or("");
    const bool usable = !key.empty() && key.size() <= kMaxHarvestedBytes &&
                        key.find_first_of(std::string_view("\n\r\0", 3)) == std::string::npos;
    std::optional<SecretBytes> found;
    if (usable) found.emplace(as_bytes(key));
    wipe(std::as_writable_bytes(std::span(key.data(), key.size())));
    return found;
  } catch (const Error&) {  // isolation: it is no such file
    return std::nullopt;
  }
}

}  // namespace backshelf
