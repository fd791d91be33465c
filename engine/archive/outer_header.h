// One member header of the outer tar with the extension headers before it; part of engine/archive.
#pragma once

#include <optional>
#include <string>

#include "engine/base/entry.h"
#include "engine/stream/source.h"

namespace backshelf {

struct OuterHeader {
  std::string name;  // as stored, without a leading "./"
  EntryType type = EntryType::kFile;
  std::uint64_t header_offset = 0;  // of the first extension header
  std::uint64_t data_offset = 0;
  std::uint64_t ustar_size = 0;           // of the last block
  std::optional<std::uint64_t> pax_size;  // of the extension header, if it names one
  Timestamp mtime;
  bool securetar_pax_v2 = false;

  // What every tar reader takes for the size.
  [[nodiscard]] std::uint64_t declared_size() const {
    return type == EntryType::kFile ? pax_size.value_or(ustar_size) : 0;
  }
};

struct HeaderLook {
  enum class Found { kHeader, kZeros /* of the end */, kEnd /* of the file */, kGarbage, kCut };
  Found found = Found::kGarbage;
  OuterHeader header;  // of kHeader
};

// What global PAX headers said of the members behind them, as far as it makes sense of all of them.
struct GlobalPax {
  std::optional<Timestamp> mtime;
  std::optional<bool> securetar_v2;
};

// Of all extension headers before one member: names and times; HA's have 20 bytes.
inline constexpr std::uint64_t kMaxExtensionBytes = 64 * kKiB;

// More than `max_extension_bytes` in front of a member are no header. Throws Error(kIo) only.
[[nodiscard]] HeaderLook look_for_header(const RandomSource& archive, std::uint64_t offset,
                                         GlobalPax& globals,
                                         std::uint64_t max_extension_bytes = kMaxExtensionBytes);

// "ssl.tar.gz" → "ssl" and ".tar.gz"; nullopt: no name of an inner tar. App names may hold dots.
struct InnerName {
  std::string stem, suffix;
};
[[nodiscard]] std::optional<InnerName> split_inner_name(std::string_view name);
[[nodiscard]] bool is_metadata_name(std::string_view name);
// Whether Home Assistant writes such an entry into an outer tar; entries of an inner tar are not.
[[nodiscard]] bool belongs_outside(const OuterHeader& header);

}  // namespace backshelf
