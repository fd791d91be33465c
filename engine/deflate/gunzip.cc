#include "engine/deflate/gunzip.h"

#include "engine/base/error.h"
#include "engine/deflate/gunzip_index.h"
#include "engine/deflate/gzip_decoder.h"

namespace backshelf {

struct GunzipPass::State {
  State(std::shared_ptr<const RandomSource> packed_source, GzipTrailer trailer_kind,
        std::uint64_t checkpoint_budget)
      : packed(std::move(packed_source)),
        trailer(trailer_kind),
        decoder(*packed, trailer_kind),
        checkpoints(checkpoint_budget, kCheckpointSpacing) {}

  const std::shared_ptr<const RandomSource> packed;
  const GzipTrailer trailer;
  GzipDecoder decoder;
  CheckpointList checkpoints;
  GuardedRun<GzipDecoder> run{decoder};

  // One step; 0 without an end is possible.
  [[nodiscard]] std::size_t step(ByteSpan out) {
    const std::size_t got = decoder.decode(out, checkpoints.due(decoder.plain_offset()));
    if (decoder.can_restart()) checkpoints.add(decoder.checkpoint());
    return got;
  }
};

GunzipPass::GunzipPass(std::shared_ptr<const RandomSource> packed, GzipTrailer trailer,
                       std::uint64_t checkpoint_budget)
    : state_(std::make_unique<State>(std::move(packed), trailer, checkpoint_budget)) {}
GunzipPass::~GunzipPass() = default;

std::size_t GunzipPass::read(ByteSpan out) {
  return state_->run.until_bytes([&] { return state_->step(out); });
}

GunzipPass::Finished GunzipPass::finish(std::stop_token stop) {
  ByteVec rest(kGunzipBlockBytes);
  state_->run.until_end([&] { return state_->step(rest); }, stop, "decode gzip");
  const GunzipResult result = state_->decoder.result();
  std::vector<std::uint32_t> block_crcs = state_->decoder.take_block_crcs();
  const std::uint64_t bytes =
      state_->checkpoints.memory_bytes() + block_crcs.size() * sizeof(std::uint32_t);
  return {result,
          std::make_shared<const GunzipIndex>(result, state_->trailer, state_->checkpoints.take(),
                                              std::move(block_crcs)),
          bytes};
}

}  // namespace backshelf
