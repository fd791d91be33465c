// The key that Home Assistant keeps in its own configuration.
#pragma once

#include <optional>

#include "engine/crypto/secret_bytes.h"

namespace backshelf {

// Of the bytes of a `.storage/backup`: the key that its automatic backups are encrypted with;
// nullopt: they have none, it is one that no key file can hold, or the bytes are something else.
[[nodiscard]] std::optional<SecretBytes> key_in_storage(ByteView storage);

}  // namespace backshelf
