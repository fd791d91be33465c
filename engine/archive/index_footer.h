// The frames around an index, and the footer in the last of them: what a reader of the stream
// before them skips. Empty gzip members that carry bytes in their extra field; behind zstd its
// skippable frames. Layout: FORMAT.md. Part of engine/archive only.
#pragma once

#include <optional>

#include "engine/base/bytes.h"

namespace backshelf {

inline constexpr std::size_t kFramePayloadBytes = 65'531;  // of every index frame but the last
inline constexpr std::size_t kFrameOverheadBytes = 26;     // of a gzip frame
inline constexpr std::size_t kZstdFrameOverheadBytes = 12;
inline constexpr std::size_t kFooterBytes = 80;
inline constexpr std::size_t kFootFrameBytes = kFooterBytes + kFrameOverheadBytes;
inline constexpr std::size_t kZstdFootFrameBytes = kFooterBytes + kZstdFrameOverheadBytes;
inline constexpr std::size_t kHashedFooterBytes = 64;  // of the footer; its hash follows
inline constexpr std::uint64_t kTrailerBytes = 10;  // 03 00, CRC32, ISIZE: end of the main member

struct Footer {
  bool gzip = true, hashes = false, stat = false;
  bool zstd = false;                     // also: the frames are zstd's
  std::uint64_t main_bytes = 0;          // offset of the first index frame
  std::uint64_t packed_index_bytes = 0;  // of the zstd frame, without the frames around it
  std::uint64_t plain_index_bytes = 0;
  std::uint64_t tar_bytes = 0;
};

// What `payload` bytes take with the frames around them.
[[nodiscard]] std::uint64_t framed_bytes(std::uint64_t payload, bool zstd = false);

// Index frames and footer. Given: kHashedFooterBytes of anything, then the zstd frame; the former
// are overwritten. `footer.packed_index_bytes` is set here.
[[nodiscard]] ByteVec print_frames(Footer footer, ByteVec index);

// The fields of the last frame, which its size tells to be gzip's or zstd's. Nullopt: another magic
// or major version, or a frame that is not exactly as printed. Nothing is checked against the
// stream yet.
struct FoundFooter {
  Footer fields;
  ByteVec raw;  // kFooterBytes
};
[[nodiscard]] std::optional<FoundFooter> parse_footer(ByteView frame);

// The zstd frame out of the index frames. Nullopt: not exactly as printed, or not what the footer's
// hash is of. REQUIRES: frames.size() == framed_bytes(packed_index_bytes, zstd) of the footer
[[nodiscard]] std::optional<ByteVec> parse_frames(const FoundFooter& footer, ByteView frames);

}  // namespace backshelf
