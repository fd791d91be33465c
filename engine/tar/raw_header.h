// One 512-byte tar header block as bytes say it, for the outer tar, whose headers HA writes wrongly
// at times.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/bytes.h"
#include "engine/base/entry.h"

namespace backshelf {

inline constexpr std::size_t kTarBlock = 512;
inline constexpr std::uint64_t kTarRecord = 10240;  // Python's tarfile pads to this

struct RawHeader {
  std::string name;  // prefix + '/' + name (ustar), raw bytes
  char type = '0';
  std::uint64_t size = 0;  // octal or base-256
  std::uint32_t mode = 0;
  std::int64_t mtime = 0;
  std::string link_name;
  bool ustar = false;
};

// nullopt: the checksum (signed or unsigned sum) is wrong, or a number is none. REQUIRES:
// block.size() == 512
[[nodiscard]] std::optional<RawHeader> parse_raw_header(ByteView block);
// What a header's type stands for; `path`: as stored. nullopt: this type is no entry (a volume
// label, another volume's rest, an ACL).
[[nodiscard]] std::optional<EntryType> entry_type(char type, std::string_view path);
[[nodiscard]] bool is_zero_block(ByteView block);
// Calls `take` for each "LEN key=value\n" record, in order; false when one is malformed, and it and
// those behind it were not taken.
using OnPaxRecord = std::function<void(std::string_view key, std::string_view value)>;
[[nodiscard]] bool walk_pax(ByteView records, const OnPaxRecord& take);

struct MemberHeader {
  std::string name;
  std::uint64_t size = 0;
  std::int64_t mtime_seconds = 0;
  std::uint32_t mtime_nanoseconds = 0;
};
// The header HA writes before an inner tar: always 1536 bytes (PAX header with a fractional mtime,
// then ustar; mode 0644, uid 0), also when `size` needs a PAX record (from 8 GiB on, ustar size 0
// then), so that it can be patched in place.
[[nodiscard]] ByteVec make_member_header(const MemberHeader& member);
// A plain 512-byte ustar header (for ./backup.json).
[[nodiscard]] ByteVec make_plain_header(const MemberHeader& member);

}  // namespace backshelf
