// A foreign gzip stream, read by position after one pass that left checkpoints.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "engine/stream/block_cache.h"
#include "engine/stream/source.h"
#include "engine/stream/stream_end.h"

namespace backshelf {

// How the stream ends. v1 SecureTar pads every write of Python's gzip writer to 16 bytes, so that
// its CRC and size stand in padded blocks of their own: deflate end rounded up to 16 → CRC, 16
// bytes further → ISIZE.
enum class GzipTrailer { kNormal, kPaddedV1 };

struct GunzipResult {
  using End = StreamEnd;
  End end = End::kSound;
  std::string problem;
  std::uint64_t plain_bytes = 0;    // decoded in all
  std::uint64_t checked_bytes = 0;  // up to here a CRC proved the bytes right
  std::uint64_t packed_bytes = 0;   // consumed
};

// Checkpoints: places where decoding can start again, with the 32 KiB that come before. Held in
// memory within a budget; whenever it is reached every second one is dropped and the spacing
// doubles.
inline constexpr std::uint64_t kCheckpointBudget = 32 * kMiB;
inline constexpr std::uint64_t kCheckpointSpacing = kMiB;  // plain bytes, at first

class GunzipIndex;  // immutable after the pass; shared

// The pass, as a Source: hands out the decoded bytes in order and lays checkpoints on the way.
// Several gzip members, zeros behind the last one, and any other trailing bytes (not decoded) are
// fine. Errors of the deflate data and of `packed` (kDamaged, kTruncated) do not throw out of
// read(): the data ends there, and finish() says why; other errors pass through.
class GunzipPass : public Source {
 public:
  // `checkpoint_budget`: bytes of memory that the checkpoints may take.
  GunzipPass(std::shared_ptr<const RandomSource> packed, GzipTrailer trailer,
             std::uint64_t checkpoint_budget = kCheckpointBudget);
  ~GunzipPass() override;
  [[nodiscard]] std::size_t read(ByteSpan out) override;
  struct Finished {
    GunzipResult result;
    std::shared_ptr<const GunzipIndex> index;
    std::uint64_t index_bytes = 0;  // the memory it takes
  };
  // Decodes what was not read yet, then ends the pass. Exactly once. Stops early with
  // Error(kInterrupted) on request.
  [[nodiscard]] Finished finish(std::stop_token stop = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The decoded bytes by position. Blocks of decoded data go through `cache`; reading on from where
// another read ended does not decode twice. A read behind what the pass could decode throws
// kTruncated or kDamaged as the pass found it.
[[nodiscard]] std::unique_ptr<RandomSource> make_gunzip_source(
    std::shared_ptr<const RandomSource> packed, std::shared_ptr<const GunzipIndex> index,
    BlockCache& cache);

}  // namespace backshelf
