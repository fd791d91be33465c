// Decoders kept where reads ended, for readers who go on there.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/guarded.h"

namespace backshelf {

// Of all pools together: an archive has one for each member that was read. A small archive must not
// make a daemon keep much.
inline constexpr std::uint64_t kMaxIdleDecoderBytes = 32 * kMiB;
inline std::atomic<std::uint64_t> idle_decoder_bytes = 0;

// `Decoder` has plain_offset(), where it stands; ended(); and memory_bytes(). Thread-safe.
template <typename Decoder>
class DecoderPool {
 public:
  using Ptr = std::unique_ptr<Decoder>;

  // `most`: decoders that wait; the one that waited longest goes.
  explicit DecoderPool(std::size_t most) : most_(most) {}
  DecoderPool(const DecoderPool&) = delete;
  DecoderPool& operator=(const DecoderPool&) = delete;
  ~DecoderPool() {
    pool_.with([](Pool& pool) {
      for (Idle& idle : pool.idle) (void)idle.take();
    });
  }

  // A decoder in use. It goes back into the pool when it is kept, else it is gone.
  class Lease {
   public:
    // Null in `decoder`: make one that begins at `from`, or before. Given is the decoder that gets
    // to `start` soonest, and stands at `from` or behind; waits for one in use that will stand
    // nearer. `until`: where this one will stand.
    Lease(DecoderPool& pool, std::uint64_t from, std::uint64_t start, std::uint64_t until)
        : decoder(pool.borrow(from, start, until)), pool_(pool), until_(until) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { pool_.give_back(until_, is_kept_ ? std::move(decoder) : nullptr); }
    void keep() { is_kept_ = true; }

    Ptr decoder;

   private:
    DecoderPool& pool_;
    const std::uint64_t until_;
    bool is_kept_ = false;
  };

 private:
  struct Idle {
    Ptr decoder;
    std::uint64_t bytes = 0;
    std::uint64_t age = 0;  // the larger the younger
    [[nodiscard]] Ptr take() {
      idle_decoder_bytes -= bytes;
      return std::move(decoder);
    }
  };
  struct Pool {
    std::vector<Idle> idle;
    std::vector<std::uint64_t> busy_until;  // where the decoders in use will stand
    std::uint64_t clock = 0;
  };

  [[nodiscard]] Ptr borrow(std::uint64_t from, std::uint64_t start, std::uint64_t until) {
    return pool_.wait(
        [&](Pool& pool) {
          const Idle* const best = best_idle(pool, from, start);
          const std::uint64_t nearest = best == nullptr ? from : best->decoder->plain_offset();
          return std::ranges::none_of(
              pool.busy_until, [&](std::uint64_t busy) { return busy > nearest && busy <= start; });
        },
        [&](Pool& pool) {
          pool.busy_until.push_back(until);
          Idle* const best = best_idle(pool, from, start);
          if (best == nullptr) return Ptr();
          Ptr found = best->take();
          pool.idle.erase(pool.idle.begin() + (best - pool.idle.data()));
          return found;
        });
  }

  [[nodiscard]] static Idle* best_idle(Pool& pool, std::uint64_t from, std::uint64_t start) {
    Idle* best = nullptr;
    for (Idle& idle : pool.idle) {
      const std::uint64_t at = idle.decoder->plain_offset();
      if (at < from || at > start) continue;
      if (best == nullptr || at > best->decoder->plain_offset()) best = &idle;
    }
    return best;
  }

  void give_back(std::uint64_t until, Ptr decoder) {
    Ptr oldest;  // destroyed without the lock
    pool_.with([&](Pool& pool) {
      const auto busy = std::ranges::find(pool.busy_until, until);
      if (busy != pool.busy_until.end()) pool.busy_until.erase(busy);
      if (!decoder || decoder->ended()) return;
      const std::uint64_t bytes = decoder->memory_bytes();
      if (idle_decoder_bytes + bytes > kMaxIdleDecoderBytes) return;
      idle_decoder_bytes += bytes;
      pool.idle.push_back({std::move(decoder), bytes, ++pool.clock});
      if (pool.idle.size() <= most_) return;
      const auto last = std::ranges::min_element(pool.idle, {}, &Idle::age);
      oldest = last->take();
      pool.idle.erase(last);
    });
    pool_.notify_all();
  }

  const std::size_t most_;
  Guarded<Pool> pool_;
};

}  // namespace backshelf
