#include "engine/zstd/zstd_pass.h"

#include <algorithm>

#include "engine/crypto/hash.h"
#include "engine/zstd/zstd_decoder.h"
#include "engine/zstd/zstd_index.h"

namespace backshelf {

ZstdDigest zstd_digest(ByteView block) {
  ZstdDigest digest{};
  std::copy_n(blake2b16(block).begin(), digest.size(), digest.begin());
  return digest;
}

ZstdPlace ZstdIndex::find(std::uint64_t plain) const {
  const auto behind = std::ranges::upper_bound(places_, plain, {}, &ZstdPlace::plain);
  return behind == places_.begin() ? ZstdPlace{} : *std::prev(behind);
}

struct ZstdPass::State {
  State(std::shared_ptr<const RandomSource> source, std::uint64_t budget)
      : packed(std::move(source)),
        decoder(*packed),
        max_places(static_cast<std::size_t>(budget / 2 / sizeof(ZstdPlace))),
        max_digests(static_cast<std::size_t>(budget / 2 / sizeof(ZstdDigest))) {}

  const std::shared_ptr<const RandomSource> packed;
  ZstdDecoder decoder;
  const std::size_t max_places, max_digests;
  std::uint64_t spacing = kZstdBlockBytes;  // plain bytes between two places, at least
  std::vector<ZstdPlace> places;
  std::vector<ZstdDigest> digests;
  ByteVec block;  // what was decoded of the last, not yet whole one
  GuardedRun<ZstdDecoder> run{decoder};

  void note(ByteView plain) {
    if (decoder.at_frame_start()) {
      const ZstdPlace place = decoder.place();
      const std::uint64_t before = places.empty() ? 0 : places.back().plain;
      if (place.plain - before >= spacing) places.push_back(place);
      if (places.size() > max_places) thin_out();
    }
    while (!plain.empty() && digests.size() < max_digests) {
      const auto count = std::min<std::size_t>(plain.size(), kZstdBlockBytes - block.size());
      block.insert(block.end(), plain.begin(), plain.begin() + static_cast<std::ptrdiff_t>(count));
      plain = plain.subspan(count);
      if (block.size() == kZstdBlockBytes) end_block();
    }
  }

  void thin_out() {
    std::size_t kept = 0;
    for (std::size_t i = 1; i < places.size(); i += 2) places[kept++] = places[i];
    places.resize(kept);
    spacing *= 2;
  }

  void end_block() {
    digests.push_back(zstd_digest(block));
    block.clear();
  }

  // Returns 0 also where a frame ends.
  [[nodiscard]] std::size_t step(ByteSpan out) {
    const std::size_t got = decoder.decode(out);
    note(out.first(got));
    return got;
  }
};

ZstdPass::ZstdPass(std::shared_ptr<const RandomSource> packed, std::uint64_t budget)
    : state_(std::make_unique<State>(std::move(packed), budget)) {}
ZstdPass::~ZstdPass() = default;

std::size_t ZstdPass::read(ByteSpan out) {
  return state_->run.until_bytes([&] { return state_->step(out); });
}

ZstdPass::Finished ZstdPass::finish(std::stop_token stop) {
  ByteVec rest(kZstdBlockBytes);
  state_->run.until_end([&] { return state_->step(rest); }, stop, "decode zstd");
  if (!state_->block.empty()) state_->end_block();
  const ZstdResult& result = state_->decoder.result();
  const std::uint64_t bytes =
      state_->places.size() * sizeof(ZstdPlace) + state_->digests.size() * sizeof(ZstdDigest);
  return {result,
          std::make_shared<const ZstdIndex>(result, std::move(state_->places),
                                            std::move(state_->digests)),
          bytes};
}

}  // namespace backshelf
