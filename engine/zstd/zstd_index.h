// What a pass over zstd frames leaves behind for reading them by position. Part of engine/zstd
// only.
#pragma once

#include <array>
#include <vector>

#include "engine/zstd/zstd_pass.h"

namespace backshelf {

// Plain bytes decoded and kept together, and between two places that are noted.
inline constexpr std::uint64_t kZstdBlockBytes = 256 * kKiB;
using ZstdDigest = std::array<std::byte, 8>;  // the first bytes of BLAKE2b-128
[[nodiscard]] ZstdDigest zstd_digest(ByteView block);

class ZstdIndex {
 public:
  ZstdIndex(ZstdResult result, std::vector<ZstdPlace> places, std::vector<ZstdDigest> digests)
      : result_(std::move(result)), places_(std::move(places)), digests_(std::move(digests)) {}

  [[nodiscard]] const ZstdResult& result() const { return result_; }
  // The last frame noted that begins at or before `plain`.
  [[nodiscard]] ZstdPlace find(std::uint64_t plain) const;
  // Whether block `number` may be what the pass saw there.
  [[nodiscard]] bool block_matches(std::uint64_t number, ByteView block) const {
    return number >= digests_.size() ||
           digests_[static_cast<std::size_t>(number)] == zstd_digest(block);
  }

 private:
  const ZstdResult result_;
  const std::vector<ZstdPlace> places_;  // ascending
  // Of kZstdBlockBytes each, the last one shorter; blocks that found no room go unchecked.
  const std::vector<ZstdDigest> digests_;
};

}  // namespace backshelf
