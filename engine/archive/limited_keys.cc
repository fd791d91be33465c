#include "engine/archive/limited_keys.h"

#include "engine/base/error.h"

namespace backshelf {

// What opened once, or was refused, is known to the key source: it costs nothing.
bool LimitedKeys::has_tries_left(const Seen& seen, const SealHeader& header) {
  if (seen.opened.contains(header.root_salt)) return true;
  if (seen.refused.contains({header.root_salt, header.validation_salt, header.validation_key})) {
    return true;
  }
  if (seen.refused.size() >= kMaxRefusals) return false;
  return seen.refused_salts.contains(header.root_salt) ||
         seen.refused_salts.size() < kMaxRefusedSalts;
}

std::shared_ptr<const OpenedKey> LimitedKeys::open(const SealHeader& header, ByteView start) {
  if (header.format != SealFormat::kV3) return keys_.open(header, start);
  if (!seen_.with([&](const Seen& seen) { return has_tries_left(seen, header); })) {
    throw Error(ErrorKind::kWrongKey, "opening an encrypted backup",
                "it was not tried: too many members before it were made with other keys",
                "it is no archive that Home Assistant wrote");
  }
  try {
    auto opened = keys_.open(header, start);
    seen_.with([&](Seen& seen) { seen.opened.insert(header.root_salt); });
    return opened;
  } catch (const Error& error) {  // isolation: counted, and passed on
    if (error.kind() == ErrorKind::kWrongKey) {
      seen_.with([&](Seen& seen) {
        seen.refused_salts.insert(header.root_salt);
        seen.refused.insert({header.root_salt, header.validation_salt, header.validation_key});
      });
    }
    throw;
  }
}

std::shared_ptr<const SealKey> LimitedKeys::seal_key(int version) {
  return keys_.seal_key(version);
}

// Only of a member that this archive's keys opened before.
std::shared_ptr<const SealKey> LimitedKeys::seal_key_like(const SealHeader& header, ByteView start,
                                                          int version) {
  return keys_.seal_key_like(header, start, version);
}

}  // namespace backshelf
