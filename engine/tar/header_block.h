// The fields of a tar header block as views into it, and the records of a PAX header one by one;
// for this room only.
//
//   0 name 100 | 100 mode 8 | 108 uid 8 | 116 gid 8 | 124 size 12 | 136 mtime 12 | 148 checksum 8
//   156 type 1 | 157 link name 100 | 257 magic 6 | 263 version 2 | 265 user 32 | 297 group 32
//   329 major 8 | 337 minor 8 | 345 prefix 155 (POSIX) or, GNU: 386 four extents of 24,
//   482 more extents follow, 483 real size 12
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/bytes.h"

namespace backshelf {

struct Field {
  std::size_t offset = 0, length = 0;
};
namespace tar_field {
inline constexpr Field kName{0, 100}, kMode{100, 8}, kUid{108, 8}, kGid{116, 8}, kSize{124, 12},
    kMtime{136, 12}, kChecksum{148, 8}, kType{156, 1}, kLinkName{157, 100}, kMagic{257, 8},
    kUser{265, 32}, kGroup{297, 32}, kMajor{329, 8}, kMinor{337, 8}, kPrefix{345, 155},
    kGnuSparse{386, 96}, kGnuMoreSparse{482, 1}, kGnuRealSize{483, 12};
}  // namespace tar_field

// The whole field. REQUIRES: the block holds it.
[[nodiscard]] std::string_view field_bytes(ByteView block, Field field);
// The field up to its first NUL.
[[nodiscard]] std::string_view field_text(ByteView block, Field field);
// Octal (blank is 0) or base-256, also negative; nullopt when it is none or exceeds 64 bits.
[[nodiscard]] std::optional<std::int64_t> tar_number(std::string_view field);
// Does the checksum fit, as the sum of unsigned or, as old writers did, of signed bytes?
[[nodiscard]] bool has_good_checksum(ByteView block);
// prefix + '/' + name where there is a POSIX prefix. REQUIRES: block.size() == 512
[[nodiscard]] std::string header_name(ByteView block);

// Digits only, all of `text`; nullopt when it is none or exceeds 63 bits.
[[nodiscard]] std::optional<std::uint64_t> decimal(std::string_view text);

// Walks "LEN key=value\n" records; values are any bytes. Zeros behind the last record are let pass.
class PaxReader {
 public:
  explicit PaxReader(std::string_view records) : rest_(records) {}
  // False at the end and at the first malformed record: ask malformed().
  [[nodiscard]] bool next();
  [[nodiscard]] bool malformed() const { return malformed_; }
  [[nodiscard]] std::string_view key() const { return key_; }
  [[nodiscard]] std::string_view value() const { return value_; }

 private:
  std::string_view rest_, key_, value_;
  bool malformed_ = false;
};

}  // namespace backshelf
