#include <algorithm>
#include <optional>

#include "engine/base/error.h"
#include "engine/base/guarded.h"
#include "engine/deflate/gunzip.h"
#include "engine/deflate/gunzip_index.h"
#include "engine/deflate/gzip_decoder.h"

namespace backshelf {
namespace {

constexpr const char* kWhat = "read compressed data";

// Decoders kept where reads ended (about 110 KiB each): a few readers going on in order.
constexpr std::size_t kMaxIdle = 4;

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
    if (offset >= size() || out.size() > size() - offset) demand_sound_end();
    return read_by_blocks(size(), kGunzipBlockBytes, offset, out, [this](std::uint64_t number) {
      return cache_.get(owner_, number, [&] { return decode_block(number); });
    });
  }

 private:
  struct Idle {
    std::unique_ptr<GzipDecoder> decoder;
    std::uint64_t age = 0;  // the larger the younger
  };
  struct Pool {
    std::vector<Idle> idle;
    std::vector<std::uint64_t> busy_until;  // where the decoders in use will stand
    std::uint64_t clock = 0;
  };

  // A decoder taken out of the pool; given back by keep(), else gone.
  class Lease {
   public:
    Lease(const GunzipSource& source, std::uint64_t until) : source_(source), until_(until) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { source_.give_back(until_, std::move(decoder)); }

    std::unique_ptr<GzipDecoder> decoder;

   private:
    const GunzipSource& source_;
    const std::uint64_t until_;
  };

  void demand_sound_end() const {
    const GunzipResult& result = index_->result();
    if (result.end == GunzipResult::End::kSound) return;
    const bool truncated = result.end == GunzipResult::End::kTruncated;
    throw Error(truncated ? ErrorKind::kTruncated : ErrorKind::kDamaged, kWhat, result.problem,
                "use another copy of this archive");
  }

  [[nodiscard]] std::uint64_t block_size(std::uint64_t number) const {
    return std::min(kGunzipBlockBytes, size() - number * kGunzipBlockBytes);
  }

  [[nodiscard]] ByteVec decode_block(std::uint64_t number) const {
    const std::uint64_t start = number * kGunzipBlockBytes;
    Lease lease(*this, start + block_size(number));
    lease.decoder = borrow(start, start + block_size(number));
    std::unique_ptr<GzipDecoder> decoder = std::move(lease.decoder);
    while (decoder->plain_offset() < start) pass_over(*decoder, start);
    ByteVec block = next_block(*decoder, number);
    lease.decoder = std::move(decoder);
    return block;
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
    if (!index_->block_matches(number, block)) throw changed();
    return block;
  }

  static void decode_fully(GzipDecoder& decoder, ByteSpan out) {
    while (!out.empty()) {
      const std::size_t got = decoder.decode(out);
      if (got == 0) throw changed();
      out = out.subspan(got);
    }
  }

  static Error changed() {
    return Error(ErrorKind::kDamaged, kWhat, "its bytes are not what they were at first reading",
                 "the file was changed or its disk fails: open it again");
  }

  // The decoder that gets to `start` soonest: one that stands before it, or a new one at a
  // checkpoint. Waits for one in use that will stand nearer than both.
  [[nodiscard]] std::unique_ptr<GzipDecoder> borrow(std::uint64_t start,
                                                    std::uint64_t until) const {
    const Checkpoint* const place = index_->find(start);
    const std::uint64_t from = place == nullptr ? 0 : place->plain;
    std::unique_ptr<GzipDecoder> decoder = pool_.wait(
        [&](Pool& pool) {
          const Idle* const best = best_idle(pool, from, start);
          const std::uint64_t nearest = best == nullptr ? from : best->decoder->plain_offset();
          return std::ranges::none_of(
              pool.busy_until, [&](std::uint64_t busy) { return busy > nearest && busy <= start; });
        },
        [&](Pool& pool) {
          std::unique_ptr<GzipDecoder> found;
          pool.busy_until.push_back(until);
          Idle* const best = best_idle(pool, from, start);
          if (best == nullptr) return found;
          found = std::move(best->decoder);
          pool.idle.erase(pool.idle.begin() + (best - pool.idle.data()));
          return found;
        });
    if (decoder) return decoder;
    if (place == nullptr) return std::make_unique<GzipDecoder>(*packed_, index_->trailer());
    return std::make_unique<GzipDecoder>(*packed_, index_->trailer(), *place);
  }

  static Idle* best_idle(Pool& pool, std::uint64_t from, std::uint64_t start) {
    Idle* best = nullptr;
    for (Idle& idle : pool.idle) {
      const std::uint64_t at = idle.decoder->plain_offset();
      if (at < from || at > start) continue;
      if (best == nullptr || at > best->decoder->plain_offset()) best = &idle;
    }
    return best;
  }

  void give_back(std::uint64_t until, std::unique_ptr<GzipDecoder> decoder) const {
    Idle oldest;  // destroyed without the lock
    pool_.with([&](Pool& pool) {
      const auto busy = std::ranges::find(pool.busy_until, until);
      if (busy != pool.busy_until.end()) pool.busy_until.erase(busy);
      if (!decoder || decoder->ended()) return;
      pool.idle.push_back({std::move(decoder), ++pool.clock});
      if (pool.idle.size() <= kMaxIdle) return;
      const auto last = std::ranges::min_element(pool.idle, {}, &Idle::age);
      oldest = std::move(*last);
      pool.idle.erase(last);
    });
    pool_.notify_all();
  }

  const std::shared_ptr<const RandomSource> packed_;
  const std::shared_ptr<const GunzipIndex> index_;
  BlockCache& cache_;
  const std::uint64_t owner_;
  mutable Guarded<Pool> pool_;
};

}  // namespace

std::unique_ptr<RandomSource> make_gunzip_source(std::shared_ptr<const RandomSource> packed,
                                                 std::shared_ptr<const GunzipIndex> index,
                                                 BlockCache& cache) {
  return std::make_unique<GunzipSource>(std::move(packed), std::move(index), cache);
}

}  // namespace backshelf
