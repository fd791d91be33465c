// One pass over the bytes of an inner tar, sound or not, calling back for every entry.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "engine/base/entry.h"
#include "engine/stream/source.h"

namespace backshelf {

// What is beyond a limit ends the scan as kDamaged, or (name_bytes, pax_bytes, file_extents) leaves
// out the one entry.
struct TarScanLimits {
  std::uint64_t entries = 5'000'000;
  std::uint64_t name_bytes = 64 * kKiB;     // a path or link target
  std::uint64_t pax_bytes = 8 * kMiB;       // one extended header
  std::uint64_t file_extents = 262'144;     // pieces of one sparse file
  std::uint64_t all_name_bytes = 1 * kGiB;  // paths and link targets of all entries
  std::uint64_t all_extents = 4'000'000;    // pieces of all sparse files
  std::size_t buffer_bytes = 256 * kKiB;    // for random access; at least two blocks
};

struct TarScanResult {
  enum class End { kSound, kTruncated, kDamaged };
  End end = End::kSound;
  std::string problem;  // the first one: what and where; empty when sound
  std::uint64_t end_offset =
      0;  // behind the last byte that belongs to the tar (end blocks included)
  std::uint64_t entries = 0;
};

using TarVisit = std::function<void(const Entry& entry, const BodyLocation& body)>;

// For bytes that can only be read in order (inside a gzip pass): reads to the end of `tar`. What
// `tar` throws as kDamaged or kTruncated ends the scan and is its result; other errors, and what
// `visit` throws, pass through.
[[nodiscard]] TarScanResult scan_tar(Source& tar, const TarVisit& visit,
                                     const TarScanLimits& limits = {}, std::stop_token stop = {});
// For bytes with random access (uncompressed inner tars): bodies are skipped, not read, so damage
// inside them is left for the reads; after a damaged or unreadable header it looks for the next
// valid header on a 512-byte boundary and goes on.
[[nodiscard]] TarScanResult scan_tar(const RandomSource& tar, const TarVisit& visit,
                                     const TarScanLimits& limits = {}, std::stop_token stop = {});

// The one entry whose headers (extended ones in front included) `headers` are, exactly; nullopt:
// they are not, or the entry is sparse. What an index says of an entry is held against it.
[[nodiscard]] std::optional<Entry> read_headers(ByteVec headers);

}  // namespace backshelf
