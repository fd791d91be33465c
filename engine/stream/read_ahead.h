// What a reader in order will want next, made by a thread of its own meanwhile.
#pragma once

#include <memory>
#include <thread>

#include "engine/base/guarded.h"
#include "engine/stream/source.h"

namespace backshelf {

// Over a source that keeps what it made in a cache: the first byte of each chunk behind the
// reader's is read ahead, so that the chunk is there when it is wanted. A chunk that fails does so
// when the reader comes to it. Reads may be in any order; only those in order become faster.
class ReadAhead final : public RandomSource {
 public:
  // `chunks_ahead`: no more than the cache can keep beside the reader's own chunk.
  ReadAhead(std::shared_ptr<const RandomSource> below, std::uint64_t chunk_bytes,
            std::uint64_t chunks_ahead);
  [[nodiscard]] std::uint64_t size() const override { return below_->size(); }
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const override;

 private:
  void run(const std::stop_token& stop);

  const std::shared_ptr<const RandomSource> below_;
  const std::uint64_t chunk_bytes_, chunks_ahead_;
  mutable Guarded<std::uint64_t> wanted_;  // chunks [0, wanted_) may be made
  std::jthread thread_;                    // last: it uses all of the above
};

}  // namespace backshelf
