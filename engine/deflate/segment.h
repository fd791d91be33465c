// One gzip member made of independent segments: what a table says of each. Layout: FORMAT.md of
// engine/archive.
#pragma once

#include <array>
#include <cstdint>

#include "engine/base/bytes.h"

namespace backshelf {

inline constexpr std::uint64_t kSegmentBytes = kMiB;                  // plain bytes per segment
inline constexpr std::uint64_t kMaxSegmentBytes = 2 * kSegmentBytes;  // a pack of small files
inline constexpr std::uint64_t kPackMinBytes =
    128 * kKiB;  // packs are cut from here on by path hash
inline constexpr std::uint64_t kOwnSegmentBytes =
    64 * kKiB;                                         // files from this size on start a segment
inline constexpr std::uint64_t kGzipHeaderBytes = 10;  // the first segment begins behind it

using SegmentHash = std::array<std::byte, 16>;  // BLAKE2b-128

struct Segment {
  std::uint64_t packed_bytes = 0, plain_bytes = 0;
  std::uint32_t crc32 = 0;  // of the plain bytes
  SegmentHash hash{};       // of the plain bytes; zeros when the writer was not asked for hashes
  bool is_body = false;     // plain bytes of one large file alone; else a pack
  bool is_stored = false;   // not compressed
};

// Compressed segments of an earlier backup. Thread-safe.
class SegmentReuse {
 public:
  virtual ~SegmentReuse() = default;
  // Puts the packed bytes of an equal segment into `segment` and `packed` and returns true, or
  // leaves both alone. Given: plain_bytes, crc32 and hash. Never throws: what cannot be read is not
  // there.
  [[nodiscard]] virtual bool find(Segment& segment, ByteVec& packed) const noexcept = 0;
};

}  // namespace backshelf
