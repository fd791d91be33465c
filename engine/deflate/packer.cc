#include "engine/deflate/packer.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "engine/base/error.h"
#include "engine/deflate/grid_source.h"
#include "engine/deflate/segment_line.h"

namespace backshelf {
namespace {

// Where many small entries follow each other a pack ends at the next entry; only headers of one
// entry and a small body can follow before. Longer headers than this are cut in the middle.
constexpr std::size_t kMaxPackBytes = kMaxSegmentBytes;
constexpr std::uint64_t kCutMask = 31;  // one entry in 32 may end a pack early

// FNV-1a: cuts depend on the path alone, so that packs of the next backup meet them again.
std::uint64_t hash_of(std::string_view path) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char character : path) {
    hash = (hash ^ static_cast<unsigned char>(character)) * 0x100000001b3;
  }
  return hash ^ (hash >> 32);
}

class SegmentPacker final : public Packer {
 public:
  SegmentPacker(const PackOptions& options, Sink& below, WorkerPool& pool)
      : line_(options, below, pool) {}

  void write(ByteView bytes) override {
    guarded([&] {
      while (!bytes.empty()) {
        const std::size_t limit = in_own_segments_ ? std::size_t{kSegmentBytes} : kMaxPackBytes;
        const std::size_t count = std::min(bytes.size(), limit - segment_.size());
        segment_.append(bytes.first(count));
        bytes = bytes.subspan(count);
        if (segment_.size() == limit) cut();
      }
    });
  }

  void mark_entry(std::string_view path) override {
    const bool full = segment_.size() >= kSegmentBytes;
    const bool early = segment_.size() >= kPackMinBytes && (hash_of(path) & kCutMask) == 0;
    if (full || early) guarded([&] { cut(); });
  }

  void mark_body(std::uint64_t size) override {
    if (size < kOwnSegmentBytes) return;
    guarded([&] { cut(); });
    in_own_segments_ = true;
  }

  void mark_body_end() override {
    if (!in_own_segments_) return;
    guarded([&] { cut(); });
    in_own_segments_ = false;
  }

  void put_packed(const Segment& segment, ByteVec packed) override {
    guarded([&] {
      cut();
      line_.give_packed(segment, std::move(packed));
    });
  }

  [[nodiscard]] std::vector<Segment> finish() override {
    std::vector<Segment> segments;
    guarded([&] {
      cut();
      segments = line_.close();
    });
    return segments;
  }

 private:
  void cut() {
    if (segment_.size() == 0) return;
    line_.give(std::exchange(segment_, line_.empty_buffer()), in_own_segments_);
  }

  template <typename Work>
  void guarded(Work&& work) {
    if (failure_) std::rethrow_exception(failure_);
    try {
      work();
    } catch (...) {  // guard: a stream that failed fails alike
      failure_ = std::current_exception();
      throw;
    }
  }

  SegmentBuffer segment_;
  bool in_own_segments_ = false;
  std::exception_ptr failure_;
  SegmentLine line_;
};

}  // namespace

std::unique_ptr<Packer> make_packer(const PackOptions& options, Sink& below, WorkerPool& pool) {
  if (options.level == Level::kNone) return make_grid_packer(below);
  return std::make_unique<SegmentPacker>(options, below, pool);
}

}  // namespace backshelf
