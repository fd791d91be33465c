#include <algorithm>

#include "engine/stream/decoder_pool.h"
#include "engine/zstd/zstd_decoder.h"
#include "engine/zstd/zstd_index.h"
#include "engine/zstd/zstd_pass.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxIdle = 2;  // decoders, each with the window of its frame

class ZstdSource final : public RandomSource {
 public:
  ZstdSource(std::shared_ptr<const RandomSource> packed, std::shared_ptr<const ZstdIndex> index,
             BlockCache& cache)
      : packed_(std::move(packed)),
        index_(std::move(index)),
        cache_(cache),
        owner_(cache.new_owner()) {}
  ~ZstdSource() override { cache_.drop_owner(owner_); }

  [[nodiscard]] std::uint64_t size() const override { return index_->result().plain_bytes; }

  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const override {
    if (out.empty()) return 0;
    const ZstdResult& result = index_->result();
    if (offset >= size() || out.size() > size() - offset) {
      demand_sound_end(result.end, result.problem);
    }
    return read_by_blocks(size(), kZstdBlockBytes, offset, out, [this](std::uint64_t number) {
      return cache_.get(owner_, number, [&] { return decode_block(number); });
    });
  }

 private:
  [[nodiscard]] ByteVec decode_block(std::uint64_t number) const {
    const std::uint64_t start = number * kZstdBlockBytes;
    const std::uint64_t end = std::min(start + kZstdBlockBytes, size());
    const ZstdPlace place = index_->find(start);
    DecoderPool<ZstdDecoder>::Lease lease(pool_, place.plain, start, end);
    if (!lease.decoder) lease.decoder = std::make_unique<ZstdDecoder>(*packed_, place);
    ZstdDecoder& decoder = *lease.decoder;
    ByteVec skipped(static_cast<std::size_t>(kZstdBlockBytes));
    while (decoder.plain_offset() < start) {
      const std::uint64_t count = std::min(start - decoder.plain_offset(), kZstdBlockBytes);
      decode_fully(decoder, ByteSpan(skipped).first(static_cast<std::size_t>(count)));
    }
    ByteVec block = cache_.buffer(static_cast<std::size_t>(end - start));
    decode_fully(decoder, block);
    if (!index_->block_matches(number, block)) throw changed_since_the_pass();
    lease.keep();
    return block;
  }

  static void decode_fully(ZstdDecoder& decoder, ByteSpan out) {
    while (!out.empty()) {
      const std::size_t got = decoder.decode(out);
      if (decoder.ended()) throw changed_since_the_pass();
      out = out.subspan(got);
    }
  }

  const std::shared_ptr<const RandomSource> packed_;
  const std::shared_ptr<const ZstdIndex> index_;
  BlockCache& cache_;
  const std::uint64_t owner_;
  mutable DecoderPool<ZstdDecoder> pool_{kMaxIdle};
};

}  // namespace

std::unique_ptr<RandomSource> make_zstd_source(std::shared_ptr<const RandomSource> packed,
                                               std::shared_ptr<const ZstdIndex> index,
                                               BlockCache& cache) {
  return std::make_unique<ZstdSource>(std::move(packed), std::move(index), cache);
}

}  // namespace backshelf
