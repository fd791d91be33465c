#include "engine/job/first_key.h"

#include <algorithm>

#include "engine/archive/archive.h"
#include "engine/disk/file.h"
#include "engine/keys/key_files.h"
#include "engine/keys/key_ring.h"

namespace backshelf {
namespace {

constexpr const char* kKnownKey = "key_known";
constexpr std::uint64_t kNoCache = kMiB;  // nothing is decoded here

bool is_there(const std::string& path) {
  return find_status(path).has_value();
}

bool has_home(const HomeConfig& home) {
  const auto is_folder = [](const std::string& path) {
    const auto status = find_status(concat(path, "/."));
    return status && S_ISDIR(status->st_mode);
  };
  if (!home.root.empty()) return is_folder(home.root);
  return std::any_of(home.parts.begin(), home.parts.end(),
                     [&](const auto& part) { return is_folder(part.second); });
}

bool encrypts(const Config& config) {
  return std::any_of(config.locations.begin(), config.locations.end(), [&](const auto& place) {
    return place.encrypt.value_or(config.archive.encrypt);
  });
}

// Sources other than the key file; `old` holds keys of others, and seals nothing.
bool has_other_source(const FirstKeyParts& parts) {
  if (!parts.key_options.empty() || !parts.config.key.command.empty()) return true;
  return !load_keys({}, KeyConfig{}).empty();
}

Error refused(const Config& config, const std::string& why, const std::string& todo) {
  return {ErrorKind::kUsage, concat("the key file ", config.key.file), why, todo};
}

bool is_sealed_by_us(Location& location, const std::string& file, const ArchiveTools& tools) {
  const auto archive = Archive::open(location.open(file), file, tools);
  const Metadata* const metadata = archive->metadata();
  return metadata != nullptr && metadata->extra.has("backshelf") && archive->is_protected();
}

// An archive that cannot be read now might be one: then no key is made either.
void check_location(const FirstKeyParts& parts, Location& location) {
  const std::unique_ptr<KeyRing> no_keys = KeyRing::make({});
  BlockCache cache(kNoCache);
  try {
    for (const ObjectInfo& object : location.list()) {
      if (!is_sealed_by_us(location, object.name, {*no_keys, cache})) continue;
      throw refused(parts.config,
                    concat("it is missing, and ", object.name, " in location ", location.name(),
                           " was made with it"),
                    "put the key back (the emergency kit holds it), or mount its disk");
    }
  } catch (const Error& error) {  // boundary: what a location says becomes why no key is made
    if (error.kind() == ErrorKind::kUsage) throw;
    throw refused(parts.config,
                  concat("it is missing, and location ", location.name(),
                         " cannot be searched for earlier backups: ", error.what()),
                  "mount the location");
  }
}

}  // namespace

bool ensure_first_key(const FirstKeyParts& parts) {
  const std::string& path = parts.config.key.file;
  if (path.empty() || is_there(path) || !encrypts(parts.config)) return false;
  if (!has_home(parts.config.home) || has_other_source(parts)) return false;
  const std::string directory = path.substr(0, path.find_last_of('/'));
  if (path.starts_with('/') && !directory.empty() && !is_there(directory)) {
    throw refused(parts.config, concat("the directory ", directory, " does not exist"),
                  concat("make it, or mount its disk: mkdir -p -m 700 ", directory));
  }
  if (parts.state.member(kKnownKey).bool_or(false)) {
    throw refused(parts.config, "it is missing, and backups were made with it",
                  "put the key back (the emergency kit holds it), or mount its disk");
  }
  for (const auto& location : parts.locations) check_location(parts, *location);
  (void)create_key_file(path);
  remember_key(parts.state);
  return true;
}

void remember_key(StateStore& state) {
  if (state.member(kKnownKey).bool_or(false)) return;
  state.update([](Json& json) { json.set(kKnownKey, true); });
}

}  // namespace backshelf
