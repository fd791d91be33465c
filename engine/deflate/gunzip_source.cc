#include <algorithm>
#include <optional>

#include "engine/deflate/gunzip.h"
#include "engine/deflate/gunzip_index.h"
#include "engine/deflate/gzip_decoder.h"
#include "engine/stream/decoder_pool.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxIdle = 4;  // decoders: a few readers going on in order

class GunzipSource final : public RandomSource {
 public:
  GunzipSource(std::shared_ptr<const RandomSource> packed, std::shared_ptr<const GunzipIndex> index,
               BlockCache& cache)
      : packed_(std::move(packed)),
        index_(std::move(index)),
        cache_(cache),
        owner_(cache.new_owner()) {}
  ~GunzipSource() override { cache_.drop_owner(owner_); }

  [[nodiscard]] std::uint64_t size() const override { return index_->result().plain_bytes; }

  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const override {
    if (out.empty()) return 0;
    const GunzipResult& result = index_->result();
    if (offset >= size() || out.size() > size() - offset) {
      demand_sound_end(result.end, result.problem);
    }
    return read_by_blocks(size(), kGunzipBlockBytes, offset, out, [this](std::uint64_t number) {
      return cache_.get(owner_, number, [&] { return decode_block(number); });
    });
  }

 private:
  [[nodiscard]] std::uint64_t block_size(std::uint64_t number) const {
    return std::min(kGunzipBlockBytes, size() - number * kGunzipBlockBytes);
  }

  [[nodiscard]] ByteVec decode_block(std::uint64_t number) const {
    const std::uint64_t start = number * kGunzipBlockBytes;
    const Checkpoint* const place = index_->find(start);
    const std::uint64_t from = place == nullptr ? 0 : place->plain;
    DecoderPool<GzipDecoder>::Lease lease(pool_, from, start, start + block_size(number));
    if (!lease.decoder) lease.decoder = decoder_at(place);
    while (lease.decoder->plain_offset() < start) pass_over(*lease.decoder, start);
    ByteVec block = next_block(*lease.decoder, number);
    lease.keep();
    return block;
  }

  [[nodiscard]] std::unique_ptr<GzipDecoder> decoder_at(const Checkpoint* place) const {
    if (place == nullptr) return std::make_unique<GzipDecoder>(*packed_, index_->trailer());
    return std::make_unique<GzipDecoder>(*packed_, index_->trailer(), *place);
  }

  // Towards `start`. Whole blocks on the way, all of them between one checkpoint and the wanted
  // place, are likely to be wanted next, by someone who reads backwards or at random nearby.
  void pass_over(GzipDecoder& decoder, std::uint64_t start) const {
    const std::uint64_t here = decoder.plain_offset();
    const std::uint64_t to_grid =
        (kGunzipBlockBytes - here % kGunzipBlockBytes) % kGunzipBlockBytes;
    if (to_grid == 0 && start - here <= kCheckpointSpacing) {
      const std::uint64_t number = here / kGunzipBlockBytes;
      cache_.offer(owner_, number, next_block(decoder, number));
      return;
    }
    ByteVec skipped(static_cast<std::size_t>(to_grid == 0 ? kGunzipBlockBytes : to_grid));
    decode_fully(decoder, skipped);
  }

  [[nodiscard]] ByteVec next_block(GzipDecoder& decoder, std::uint64_t number) const {
    ByteVec block = cache_.buffer(static_cast<std::size_t>(block_size(number)));
    decode_fully(decoder, block);
    if (!index_->block_matches(number, block)) throw changed_since_the_pass();
    return block;
  }

  static void decode_fully(GzipDecoder& decoder, ByteSpan out) {
    while (!out.empty()) {
      const std::size_t got = decoder.decode(out);
      if (got == 0) throw changed_since_the_pass();
      out = out.subspan(got);
    }
  }

  const std::shared_ptr<const RandomSource> packed_;
  const std::shared_ptr<const GunzipIndex> index_;
  BlockCache& cache_;
  const std::uint64_t owner_;
  mutable DecoderPool<GzipDecoder> pool_{kMaxIdle};
};

}  // namespace

std::unique_ptr<RandomSource> make_gunzip_source(std::shared_ptr<const RandomSource> packed,
                                                 std::shared_ptr<const GunzipIndex> index,
                                                 BlockCache& cache) {
  return std::make_unique<GunzipSource>(std::move(packed), std::move(index), cache);
}

}  // namespace backshelf
