// A file of zstd frames without an index, read by position after one pass that noted where frames
// begin. Frames that somebody else made may be of any length; reading inside a long one decodes it
// from its start.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/stream/block_cache.h"
#include "engine/stream/source.h"
#include "engine/stream/stream_end.h"

namespace backshelf {

struct ZstdResult {
  using End = StreamEnd;
  End end = End::kSound;
  std::string problem;
  std::uint64_t plain_bytes = 0;    // decoded in all
  std::uint64_t checked_bytes = 0;  // up to here checksums proved the bytes right
  bool all_checked = true;          // no frame lacked its checksum
};

struct ZstdPlace {
  std::uint64_t packed = 0, plain = 0;  // offsets of a frame's first bytes
};

inline constexpr std::uint64_t kZstdIndexBudget = 32 * kMiB;

class ZstdIndex;  // immutable after the pass; shared

// The pass, as a Source: hands out the decoded bytes in order. Skippable frames are passed over;
// whatever else stands behind a frame is damage. Errors of the zstd data and of `packed` (kDamaged,
// kTruncated) do not throw out of read(): the data ends there, and finish() says why; other errors
// pass through.
class ZstdPass : public Source {
 public:
  // `budget`: bytes of memory that the index may take; with less, reads decode more.
  explicit ZstdPass(std::shared_ptr<const RandomSource> packed,
                    std::uint64_t budget = kZstdIndexBudget);
  ~ZstdPass() override;
  [[nodiscard]] std::size_t read(ByteSpan out) override;
  struct Finished {
    ZstdResult result;
    std::shared_ptr<const ZstdIndex> index;
    std::uint64_t index_bytes = 0;  // the memory it takes
  };
  // Decodes what was not read yet, then ends the pass. Exactly once. Stops early with
  // Error(kInterrupted) on request.
  [[nodiscard]] Finished finish(std::stop_token stop = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The decoded bytes by position. Blocks of decoded data go through `cache`, and must be what the
// pass saw; reading on from where another read ended does not decode twice. A read behind what the
// pass could decode throws kTruncated or kDamaged as the pass found it. `cache` is borrowed.
[[nodiscard]] std::unique_ptr<RandomSource> make_zstd_source(
    std::shared_ptr<const RandomSource> packed, std::shared_ptr<const ZstdIndex> index,
    BlockCache& cache);

}  // namespace backshelf
