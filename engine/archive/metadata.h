// backup.json and snapshot.json, as any Home Assistant since 2017 wrote them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/json/json.h"

namespace backshelf {

struct AddonInfo {
  std::string slug, name, version;
};

struct Metadata {
  std::string slug;  // 8 hex digits by HA; any text in hostile files
  std::string name;
  std::string date;                // exactly as stored
  std::string type;                // "full" or "partial"
  int version = 1;                 // 2 since Supervisor 2022.02
  std::string supervisor_version;  // may be empty
  bool compressed = true;
  bool protected_flag = false;  // a hint, never believed
  bool has_homeassistant = false;
  std::string homeassistant_version;
  bool exclude_database = false;
  std::vector<std::string> folders;  // share, addons/local, ssl, media
  std::vector<AddonInfo> addons;
  std::vector<std::string> repositories;
  Json extra;  // object
  Json raw;    // the whole file as parsed
};

inline constexpr std::size_t kMetadataMaxBytes =
    16 * kMiB;  // HA writes kilobytes; a bound for hostile files

// Throws Error(kBadMetadata) saying which field is wrong. A BOM, NaN, unknown and duplicate keys
// (last wins) are accepted.
[[nodiscard]] Metadata parse_metadata(ByteView json);
// Compact JSON as the Supervisor writes it, from the fields above (raw is ignored); protected_flag
// must be the truth.
[[nodiscard]] std::string print_metadata(const Metadata& metadata);
// When the backup was made; 1970 when its date is none.
[[nodiscard]] Timestamp date_of(const Metadata& metadata);
// First 8 hex digits of SHA-1 of the lower-case "DATE - NAME".
[[nodiscard]] std::string make_slug(std::string_view date, std::string_view name);
// HA's rule since 2025.2: "NAME YYYY-MM-DD HH.MM SSffffff.tar", white space runs to '_'; date in
// the offset it holds.
[[nodiscard]] std::string suggested_file_name(std::string_view name, std::string_view date);

}  // namespace backshelf
