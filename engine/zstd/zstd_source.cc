#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/guarded.h"
#include "engine/zstd/zstd_decoder.h"
#include "engine/zstd/zstd_index.h"
#include "engine/zstd/zstd_pass.h"

namespace backshelf {
namespace {

constexpr const char* kWhat = "read compressed data";

// Decoders kept where reads ended, each with the window of its frame; of each source, and the bytes
// of all sources together, as an archive has as many as it has members.
constexpr std::size_t kMaxIdleDecoders = 2;
constexpr std::uint64_t kMaxIdleBytes = 32 * kMiB;
std::atomic<std::uint64_t> idle_bytes = 0;

// A decoder that waits for the next read; counted in idle_bytes.
class IdleDecoder {
 public:
  explicit IdleDecoder(std::unique_ptr<ZstdDecoder> decoder)
      : decoder_(std::move(decoder)), bytes_(decoder_->memory_bytes()) {
    idle_bytes += bytes_;
  }
  ~IdleDecoder() {
    if (decoder_) idle_bytes -= bytes_;
  }
  IdleDecoder(IdleDecoder&&) noexcept = default;
  IdleDecoder& operator=(IdleDecoder&& other) noexcept {
    std::swap(decoder_, other.decoder_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  IdleDecoder(const IdleDecoder&) = delete;
  IdleDecoder& operator=(const IdleDecoder&) = delete;

  [[nodiscard]] std::uint64_t at() const { return decoder_->result().plain_bytes; }
  [[nodiscard]] std::unique_ptr<ZstdDecoder> take() {
    idle_bytes -= bytes_;
    return std::move(decoder_);
  }

 private:
  std::unique_ptr<ZstdDecoder> decoder_;
  std::uint64_t bytes_;
};

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
    if (offset >= size() || out.size() > size() - offset) demand_sound_end();
    return read_by_blocks(size(), kZstdBlockBytes, offset, out, [this](std::uint64_t number) {
      return cache_.get(owner_, number, [&] { return decode_block(number); });
    });
  }

 private:
  using DecoderPtr = std::unique_ptr<ZstdDecoder>;

  void demand_sound_end() const {
    const ZstdResult& result = index_->result();
    if (result.end == ZstdResult::End::kSound) return;
    const bool truncated = result.end == ZstdResult::End::kTruncated;
    throw Error(truncated ? ErrorKind::kTruncated : ErrorKind::kDamaged, kWhat, result.problem,
                "use another copy of this archive");
  }

  [[nodiscard]] ByteVec decode_block(std::uint64_t number) const {
    const std::uint64_t start = number * kZstdBlockBytes;
    DecoderPtr decoder = borrow(start);
    ByteVec skipped(static_cast<std::size_t>(kZstdBlockBytes));
    for (std::uint64_t at = decoder->result().plain_bytes; at < start;) {
      const std::uint64_t count = std::min(start - at, kZstdBlockBytes);
      decode_fully(*decoder, ByteSpan(skipped).first(static_cast<std::size_t>(count)));
      at += count;
    }
    ByteVec block =
        cache_.buffer(static_cast<std::size_t>(std::min(kZstdBlockBytes, size() - start)));
    decode_fully(*decoder, block);
    if (!index_->block_matches(number, block)) throw changed();
    give_back(std::move(decoder));
    return block;
  }

  static void decode_fully(ZstdDecoder& decoder, ByteSpan out) {
    while (!out.empty()) {
      const std::size_t got = decoder.decode(out);
      if (decoder.ended()) throw changed();
      out = out.subspan(got);
    }
  }

  static Error changed() {
    return Error(ErrorKind::kDamaged, kWhat, "its bytes are not what they were at first reading",
                 "the file was changed or its disk fails: open it again");
  }

  // The one that gets to `start` soonest: an idle one before it, or a new one at a frame.
  [[nodiscard]] DecoderPtr borrow(std::uint64_t start) const {
    const ZstdPlace place = index_->find(start);
    DecoderPtr found = idle_.with([&](std::vector<IdleDecoder>& idle) {
      auto best = idle.end();
      for (auto one = idle.begin(); one != idle.end(); ++one) {
        const bool nearer = best == idle.end() || one->at() > best->at();
        if (one->at() >= place.plain && one->at() <= start && nearer) best = one;
      }
      DecoderPtr taken;
      if (best == idle.end()) return taken;
      taken = best->take();
      idle.erase(best);
      return taken;
    });
    return found ? std::move(found) : std::make_unique<ZstdDecoder>(*packed_, place);
  }

  void give_back(DecoderPtr decoder) const {
    if (idle_bytes + decoder->memory_bytes() > kMaxIdleBytes) return;
    idle_.with([&](std::vector<IdleDecoder>& idle) {
      if (idle.size() == kMaxIdleDecoders) idle.erase(idle.begin());
      idle.emplace_back(std::move(decoder));
    });
  }

  const std::shared_ptr<const RandomSource> packed_;
  const std::shared_ptr<const ZstdIndex> index_;
  BlockCache& cache_;
  const std::uint64_t owner_;
  mutable Guarded<std::vector<IdleDecoder>> idle_;
};

}  // namespace

std::unique_ptr<RandomSource> make_zstd_source(std::shared_ptr<const RandomSource> packed,
                                               std::shared_ptr<const ZstdIndex> index,
                                               BlockCache& cache) {
  return std::make_unique<ZstdSource>(std::move(packed), std::move(index), cache);
}

}  // namespace backshelf
