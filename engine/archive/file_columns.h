// The columns of the FILES and STAT sections: their order and what they hold. Layout: FORMAT.md.
// Part of engine/archive only.
#pragma once

#include <cstddef>
#include <cstdint>

namespace backshelf {

// Beyond these a reader refuses the section: they are the limits of the tar scan (TarScanLimits),
// so that an index cannot show what the tar itself would not.
inline constexpr std::uint64_t kMaxIndexEntries = 5'000'000;
inline constexpr std::uint64_t kMaxFileExtents = 262'144;
inline constexpr std::uint64_t kMaxAllExtents = 4'000'000;
inline constexpr std::uint64_t kMaxIndexNameBytes = 64 * 1024;
inline constexpr std::uint64_t kMaxIndexAllNameBytes = std::uint64_t{1} << 30;

enum FileColumn : std::size_t {
  kFlagColumn,         // one byte per entry: FileFlag
  kSharedColumn,       // varint: bytes of the path before that this one begins with
  kSuffixBytesColumn,  // varint: length of the rest
  kSuffixColumn,       // the rest
  kRowColumn,          // varint: row of kRowsColumn
  kRowsColumn,         // per row: type, mode, zigzag uid, zigzag gid, user name, group name
  kSecondsColumn,      // zigzag: mtime minus the mtime before
  kNanosecondsColumn,  // 4 bytes
  kSizeColumn,         // varint
  kGapColumn,          // zigzag: header offset minus the end of the body before, padded to 512
  kHeaderBytesColumn,  // varint: data offset minus header offset
  kStoredColumn,       // varint, of kStoredFlag only: bytes in the stream
  kLinkColumn,         // text, of kLinkFlag only
  kDeviceColumn,       // two varints, of kDeviceFlag only: major, minor
  kExtentsColumn,      // varint, of kSparseFlag only: how many extents of SPARSE
  kXattrColumn,        // reserved; written empty, ignored
  kFileColumns
};

enum FileFlag : std::uint8_t {
  kStoredFlag = 1,      // stored size is not the size
  kIncompleteFlag = 2,  // BodyLocation::complete is false
  kLinkFlag = 4,
  kDeviceFlag = 8,
  kSparseFlag = 16,
  kKnownFileFlags = 31
};

enum StatColumn : std::size_t {
  kPresentColumn,            // one byte per entry: 1 when the other columns have a row of it
  kDeviceNumberColumn,       // zigzag: minus the one before
  kInodeColumn,              // zigzag: minus the one before
  kChangeSecondsColumn,      // zigzag: minus the one before
  kChangeNanosecondsColumn,  // 4 bytes
  kStatColumns
};

inline constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

// Offset behind a body that ends at `end`, with the padding of a tar.
[[nodiscard]] constexpr std::uint64_t padded_end(std::uint64_t end) {
  return (end + 511) & ~std::uint64_t{511};
}

}  // namespace backshelf
