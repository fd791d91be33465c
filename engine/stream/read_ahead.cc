#include "engine/stream/read_ahead.h"

#include <algorithm>

namespace backshelf {

ReadAhead::ReadAhead(std::shared_ptr<const RandomSource> below, std::uint64_t chunk_bytes,
                     std::uint64_t chunks_ahead)
    : below_(std::move(below)), chunk_bytes_(chunk_bytes), chunks_ahead_(chunks_ahead) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

std::size_t ReadAhead::read_at(std::uint64_t offset, ByteSpan out) const {
  const std::uint64_t wanted = offset / chunk_bytes_ + 1 + chunks_ahead_;
  const bool more = wanted_.with([&](std::uint64_t& until) {
    const bool grows = wanted > until;
    until = std::max(until, wanted);
    return grows;
  });
  if (more) wanted_.notify_all();
  return below_->read_at(offset, out);
}

void ReadAhead::run(const std::stop_token& stop) {
  std::byte first{};
  std::uint64_t chunk = 1;  // the reader takes the first one at once
  while (!stop.stop_requested() && chunk * chunk_bytes_ < below_->size()) {
    const std::uint64_t until = wanted_.wait(
        stop, [&](std::uint64_t wanted) { return wanted > chunk; },
        [](std::uint64_t wanted) { return wanted; });
    if (until <= chunk) return;  // it was stopped
    // The reader may have gone past what was not made in time.
    const std::uint64_t behind_reader = until - chunks_ahead_;
    chunk = std::max(chunk, behind_reader);
    try {
      (void)below_->read_at(chunk * chunk_bytes_, {&first, 1});
    } catch (...) {  // isolation: the reader meets it at its place
    }
    ++chunk;
  }
}

}  // namespace backshelf
