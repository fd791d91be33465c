#include "engine/deflate/segment_source.h"

#include <libdeflate.h>

#include <algorithm>
#include <new>

#include "engine/base/c_handle.h"
#include "engine/base/error.h"
#include "engine/base/guarded.h"
#include "engine/deflate/segment_ahead.h"

namespace backshelf {
namespace {

constexpr const char* kSegmentTask = "read compressed data";
constexpr const char* kSegmentRemedy = "use another copy of this archive";
// An empty final block: behind a segment it makes a whole deflate stream of it.
constexpr std::array<std::byte, 2> kFinalBlock = {std::byte{3}, std::byte{0}};
// Stored blocks are the longest that a segment can need: 5 bytes more per 64 KiB, and the last one.
constexpr std::uint64_t kMaxPackedBytes = kMaxSegmentBytes + 64 * kKiB;
constexpr unsigned kMaxAhead = 8;

// What one thread needs to decode: kept with the thread, as its memory costs more to get than to
// use.
struct SegmentDecoder {
  CHandle<libdeflate_decompressor, libdeflate_free_decompressor> handle{
      libdeflate_alloc_decompressor()};
  ByteVec packed;
};

SegmentDecoder& decoder_of_this_thread() {
  thread_local SegmentDecoder decoder;
  if (!decoder.handle) throw std::bad_alloc();
  return decoder;
}

// Where segments end and their checksums: 20 bytes for each.
class SegmentTable {
 public:
  // `first`: where the first one begins.
  SegmentTable(const std::vector<Segment>& segments, std::uint64_t first) : first_(first) {
    packed_ends_.reserve(segments.size());
    plain_ends_.reserve(segments.size());
    crcs_.reserve(segments.size());
    std::uint64_t packed = first_, plain = 0;
    for (const Segment& segment : segments) {
      if (segment.plain_bytes > kMaxSegmentBytes || segment.packed_bytes > kMaxPackedBytes) {
        throw Error(ErrorKind::kDamaged, kSegmentTask, "its segment table is impossible",
                    kSegmentRemedy);
      }
      packed_ends_.push_back(packed += segment.packed_bytes);
      plain_ends_.push_back(plain += segment.plain_bytes);
      crcs_.push_back(segment.crc32);
    }
  }

  [[nodiscard]] std::uint64_t count() const { return crcs_.size(); }
  [[nodiscard]] std::uint64_t plain_bytes() const {
    return plain_ends_.empty() ? 0 : plain_ends_.back();
  }
  // The segment that holds the plain byte at `offset`. REQUIRES: offset < plain_bytes()
  [[nodiscard]] std::uint64_t at(std::uint64_t offset) const {
    return static_cast<std::uint64_t>(std::ranges::upper_bound(plain_ends_, offset) -
                                      plain_ends_.begin());
  }

  struct Span {
    std::uint64_t begin = 0, end = 0;
    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(end - begin); }
  };
  [[nodiscard]] Span plain(std::uint64_t number) const { return span(plain_ends_, number, 0); }
  [[nodiscard]] Span packed(std::uint64_t number) const {
    return span(packed_ends_, number, first_);
  }
  [[nodiscard]] std::uint32_t crc(std::uint64_t number) const {
    return crcs_[static_cast<std::size_t>(number)];
  }

 private:
  static Span span(const std::vector<std::uint64_t>& ends, std::uint64_t number,
                   std::uint64_t first) {
    const auto index = static_cast<std::size_t>(number);
    return {index == 0 ? first : ends[index - 1], ends[index]};
  }

  const std::uint64_t first_;
  std::vector<std::uint64_t> packed_ends_, plain_ends_;
  std::vector<std::uint32_t> crcs_;
};

class SegmentStore final : public std::enable_shared_from_this<SegmentStore> {
 public:
  SegmentStore(std::shared_ptr<const RandomSource> packed, const std::vector<Segment>& segments,
               BlockCache& cache, WorkerPool* pool, const SegmentCodec* codec)
      : packed_(std::move(packed)),
        codec_(codec),
        table_(segments, codec == nullptr ? kGzipHeaderBytes : 0),
        cache_(cache),
        owner_(cache.new_owner()),
        pool_(pool),
        max_tasks_(pool == nullptr ? 0 : 2 * pool->threads()),
        ahead_(Ahead(pool == nullptr ? 0 : std::min(kMaxAhead, 2 * pool->threads()))) {}

  // Waits for the tasks that run and lets go of all that is borrowed: those still queued find
  // nothing to do, whenever they come.
  void close() {
    ahead_.with([](Ahead& ahead) { ahead.closed = true; });
    ahead_.wait([](const Ahead& ahead) { return ahead.running == 0; }, [](Ahead&) {});
    cache_.drop_owner(owner_);
    packed_.reset();
  }

  [[nodiscard]] std::uint64_t size() const { return table_.plain_bytes(); }

  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const {
    if (offset >= size() || out.empty()) return 0;
    const std::uint64_t end = offset + std::min<std::uint64_t>(out.size(), size() - offset);
    const std::uint64_t last = table_.at(end - 1);
    std::size_t filled = 0;
    for (std::uint64_t number = table_.at(offset); filled < end - offset; ++number) {
      const SegmentTable::Span plain = table_.plain(number);
      const std::uint64_t from = offset + filled, to = std::min(end, plain.end);
      if (from >= to) continue;  // an empty segment
      if (pool_ != nullptr) read_ahead({from, to, number, last});
      const BlockCache::Block block = cache_.get(owner_, number, [&] { return decode(number); });
      const auto skip = static_cast<std::size_t>(from - plain.begin);
      const auto count = static_cast<std::size_t>(to - from);
      std::memcpy(out.data() + filled, block->data() + skip, count);
      filled += count;
    }
    return filled;
  }

 private:
  struct Ahead {
    explicit Ahead(unsigned window) : guess(window) {}
    SegmentAhead guess;
    unsigned tasks = 0;  // queued or running
    unsigned running = 0;
    bool closed = false;
  };

  [[nodiscard]] ByteVec decode(std::uint64_t number) const {
    const SegmentTable::Span packed = table_.packed(number);
    SegmentDecoder& decoder = decoder_of_this_thread();
    ByteVec& in = decoder.packed;
    in.resize(std::max(in.size(), packed.size() + kFinalBlock.size()));
    if (packed_->read_at(packed.begin, ByteSpan(in).first(packed.size())) != packed.size()) {
      throw Error(ErrorKind::kDamaged, kSegmentTask, "it ends before its segment table says",
                  kSegmentRemedy);
    }
    ByteVec plain = cache_.buffer(table_.plain(number).size());
    const bool decoded = codec_ == nullptr
                             ? inflate(decoder, packed.size(), plain)
                             : codec_->decode(ByteView(in).first(packed.size()), plain);
    if (!decoded || libdeflate_crc32(0, plain.data(), plain.size()) != table_.crc(number)) {
      throw Error(ErrorKind::kDamaged, kSegmentTask,
                  concat("the bytes from ", table_.plain(number).begin, " to ",
                         table_.plain(number).end, " of it were changed or damaged"),
                  kSegmentRemedy);
    }
    return plain;
  }

  // The first `size` bytes of decoder.packed, behind which there is room for kFinalBlock.
  static bool inflate(SegmentDecoder& decoder, std::size_t size, ByteSpan plain) {
    ByteVec& in = decoder.packed;
    std::ranges::copy(kFinalBlock, in.begin() + static_cast<std::ptrdiff_t>(size));
    const std::size_t in_size = size + kFinalBlock.size();
    std::size_t used = 0;
    // Without a place for the size it must fill `plain` exactly.
    const libdeflate_result result = libdeflate_deflate_decompress_ex(
        decoder.handle.get(), in.data(), in_size, plain.data(), plain.size(), &used, nullptr);
    return result == LIBDEFLATE_SUCCESS && used == in_size;
  }

  void read_ahead(const SegmentAhead::Read& read) const {
    const auto wanted = ahead_.with([&](Ahead& ahead) {
      std::vector<std::uint64_t> taken;
      for (const std::uint64_t number : ahead.guess.note(read)) {
        if (number < table_.count() && ahead.tasks < max_tasks_) {
          ++ahead.tasks;
          taken.push_back(number);
        } else {
          ahead.guess.forget(number);  // the next read asks for it again
        }
      }
      return taken;
    });
    for (const std::uint64_t number : wanted) {
      (void)pool_->run([weak = weak_from_this(), number] {
        if (const auto self = weak.lock()) self->decode_ahead(number);
      });
    }
  }

  // In a thread of the pool. Waits at most for a thread that is decoding, never for a queued task.
  void decode_ahead(std::uint64_t number) const {
    const bool wanted = ahead_.with([&](Ahead& ahead) {
      // The reader may have been faster.
      const bool go = !ahead.closed && ahead.guess.is_planned(number);
      if (go) {
        ++ahead.running;
      } else {
        --ahead.tasks;
      }
      return go;
    });
    if (!wanted) return;
    try {
      (void)cache_.get(owner_, number, [&] { return decode(number); });
    } catch (...) {  // isolation: one pool task; who reads there meets the error himself
    }
    ahead_.with([](Ahead& ahead) {
      --ahead.tasks;
      --ahead.running;
    });
    ahead_.notify_all();
  }

  std::shared_ptr<const RandomSource> packed_;  // null: closed
  const SegmentCodec* const codec_;             // null: deflate
  const SegmentTable table_;
  BlockCache& cache_;
  const std::uint64_t owner_;
  WorkerPool* const pool_;
  const unsigned max_tasks_;
  mutable Guarded<Ahead> ahead_;
};

// What the user holds; the store may outlive it in a queue of the pool.
class SegmentSource final : public RandomSource {
 public:
  explicit SegmentSource(std::shared_ptr<SegmentStore> store) : store_(std::move(store)) {}
  ~SegmentSource() override { store_->close(); }
  [[nodiscard]] std::uint64_t size() const override { return store_->size(); }
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const override {
    return store_->read_at(offset, out);
  }

 private:
  const std::shared_ptr<SegmentStore> store_;
};

}  // namespace

std::shared_ptr<const RandomSource> make_segment_source(std::shared_ptr<const RandomSource> packed,
                                                        const std::vector<Segment>& segments,
                                                        BlockCache& cache, WorkerPool* pool,
                                                        const SegmentCodec* codec) {
  return std::make_shared<SegmentSource>(
      std::make_shared<SegmentStore>(std::move(packed), segments, cache, pool, codec));
}

}  // namespace backshelf
