// What a pass over a gzip stream leaves behind for reading it by position.
#pragma once

#include <vector>

#include "engine/deflate/checkpoints.h"
#include "engine/deflate/gunzip.h"

namespace backshelf {

// Plain bytes decoded and kept together: small enough for a quick random read, large enough that
// finding one in the cache does not count.
inline constexpr std::uint64_t kGunzipBlockBytes = 256 * kKiB;
// CRCs of blocks kept (8 MiB of memory, 512 GiB of plain bytes); blocks behind go unchecked.
inline constexpr std::size_t kMaxBlockChecks = 2 * 1024 * 1024;

class GunzipIndex {
 public:
  GunzipIndex(GunzipResult result, GzipTrailer trailer, std::vector<Checkpoint> checkpoints,
              std::vector<std::uint32_t> block_crcs)
      : result_(std::move(result)),
        trailer_(trailer),
        checkpoints_(std::move(checkpoints)),
        block_crcs_(std::move(block_crcs)) {}

  [[nodiscard]] const GunzipResult& result() const { return result_; }
  [[nodiscard]] GzipTrailer trailer() const { return trailer_; }
  [[nodiscard]] const std::vector<Checkpoint>& checkpoints() const { return checkpoints_; }
  [[nodiscard]] const std::vector<std::uint32_t>& block_crcs() const { return block_crcs_; }
  // The last one at or before `plain`; null: only the start of the stream is.
  [[nodiscard]] const Checkpoint* find(std::uint64_t plain) const;
  // Whether block `number` may be what the pass saw there.
  [[nodiscard]] bool block_matches(std::uint64_t number, ByteView block) const;

 private:
  const GunzipResult result_;
  const GzipTrailer trailer_;
  const std::vector<Checkpoint> checkpoints_;    // ascending
  const std::vector<std::uint32_t> block_crcs_;  // of kGunzipBlockBytes each, the last one shorter
};

// Collects the CRCs of the blocks, and of the gzip members that share their bytes, from bytes in
// order: each byte is looked at once.
class BlockChecks {
 public:
  void add(ByteView plain);
  [[nodiscard]] std::uint32_t end_member();         // of the bytes since the last member's end
  [[nodiscard]] std::vector<std::uint32_t> take();  // once, at the end

 private:
  void end_piece();

  std::vector<std::uint32_t> crcs_;
  // A piece ends with its block and with its member.
  std::uint32_t piece_ = 0, block_ = 0, member_ = 0;
  std::uint64_t in_piece_ = 0, in_block_ = 0;
};

}  // namespace backshelf
