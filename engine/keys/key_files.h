// Where the key is found, made and printed (tools/backshelf.1, KEYS: order -k, systemd
// credential, command, file, old).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/config/config.h"
#include "engine/crypto/secret_bytes.h"

namespace backshelf {

// All keys in the order in which they are tried. A source that was asked for (-k, credential,
// command) and fails is Error(kNeedsKey), exit 4; an absent `[key] file` or `old` is no failure.
// One of these that other users can read, that belongs to another user (but root), or that holds no
// key is Error(kUsage).
[[nodiscard]] std::vector<SecretBytes> load_keys(const std::vector<std::string>& key_options,
                                                 const KeyConfig& config);
// The same with where each comes from ("/etc/backshelf/key"), each key once.
struct KnownKey {
  SecretBytes key;
  std::string origin;
};
[[nodiscard]] std::vector<KnownKey> load_known_keys(const std::vector<std::string>& key_options,
                                                    const KeyConfig& config);
// Adds keys to the file of old ones (made with 0600 when absent), at once or not at all; what
// stands in it stays. REQUIRES: none has a line end in it. Throws Error: kUsage (other users can
// read the file, or no such list can hold these keys), kAccess, kNoSpace, kIo.
void append_old_keys(const std::string& path, const std::vector<SecretBytes>& keys);
// Makes the first key at `path` (0600, atomic, never replaces). REQUIRES: the caller checked that
// no key was ever known.
[[nodiscard]] SecretBytes create_key_file(const std::string& path);
// The emergency kit's text in HA's layout.
struct KitFacts {
  std::string instance, url;
  Instant date;
  std::vector<std::string> opens = {};  // lines that say which backups it belongs to
};
[[nodiscard]] SecretBytes kit_text(ByteView key, const KitFacts& facts);

}  // namespace backshelf
