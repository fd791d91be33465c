#include "engine/deflate/gunzip.h"

#include <exception>

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
  std::exception_ptr failure;

  // One step; 0 without an end is possible.
  [[nodiscard]] std::size_t step(ByteSpan out) {
    const std::size_t got = decoder.decode(out, checkpoints.due(decoder.plain_offset()));
    if (decoder.can_restart()) checkpoints.add(decoder.checkpoint());
    return got;
  }

  [[nodiscard]] std::size_t guarded_step(ByteSpan out) {
    if (failure) std::rethrow_exception(failure);
    try {
      return step(out);
    } catch (const Error& error) {  // isolation: damage below is where the data ends
      const bool truncated = error.kind() == ErrorKind::kTruncated;
      if (truncated || error.kind() == ErrorKind::kDamaged) {
        decoder.end(truncated ? GunzipResult::End::kTruncated : GunzipResult::End::kDamaged,
                    error.why());
        return 0;
      }
      failure = std::current_exception();
      throw;
    } catch (...) {  // guard: a stream that failed fails alike
      failure = std::current_exception();
      throw;
    }
  }
};

GunzipPass::GunzipPass(std::shared_ptr<const RandomSource> packed, GzipTrailer trailer,
                       std::uint64_t checkpoint_budget)
    : state_(std::make_unique<State>(std::move(packed), trailer, checkpoint_budget)) {}
GunzipPass::~GunzipPass() = default;

std::size_t GunzipPass::read(ByteSpan out) {
  for (;;) {
    const std::size_t got = state_->guarded_step(out);
    if (got > 0 || state_->decoder.ended()) return got;
  }
}

GunzipPass::Finished GunzipPass::finish(std::stop_token stop) {
  ByteVec rest(kGunzipBlockBytes);
  while (!state_->decoder.ended()) {
    if (stop.stop_requested()) {
      throw Error(ErrorKind::kInterrupted, "decode gzip", "it was asked to stop");
    }
    (void)state_->guarded_step(rest);
  }
  if (state_->failure) std::rethrow_exception(state_->failure);
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
