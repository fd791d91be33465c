#include "engine/deflate/packer.h"

#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <exception>

#include "engine/base/error.h"
#include "engine/base/guarded.h"
#include "engine/deflate/grid_source.h"
#include "engine/deflate/segment_encoder.h"

namespace backshelf {
namespace {

// Where many small entries follow each other a pack ends at the next entry; only headers of one
// entry and a small body can follow before. Longer headers than this are cut in the middle.
constexpr std::size_t kMaxPackBytes = kMaxSegmentBytes;
constexpr std::uint64_t kCutMask = 31;  // one entry in 32 may end a pack early

// RFC 1952: no flags (a field here stops Python's stream reader), no time, system Unix.
constexpr std::array<std::byte, 10> kGzipHeader = {
    std::byte{0x1f}, std::byte{0x8b}, std::byte{8}, std::byte{0}, std::byte{0},
    std::byte{0},    std::byte{0},    std::byte{0}, std::byte{0}, std::byte{3}};

// FNV-1a: cuts depend on the path alone, so that packs of the next backup meet them again.
std::uint64_t hash_of(std::string_view path) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char character : path) {
    hash = (hash ^ static_cast<unsigned char>(character)) * 0x100000001b3;
  }
  return hash ^ (hash >> 32);
}

// Segments on their way through the pool: given in order, written in order by the same thread.
class SegmentLine {
 public:
  SegmentLine(Level level, Sink& below, WorkerPool& pool)
      : level_(level), below_(below), pool_(pool), limit_(2 * std::size_t{pool.threads()} + 2) {}
  SegmentLine(const SegmentLine&) = delete;
  SegmentLine& operator=(const SegmentLine&) = delete;
  // Tasks use the jobs: none may be left running.
  ~SegmentLine() {
    for (const auto& job : jobs_) {
      if (job->done.valid()) job->done.wait();
    }
  }

  // Takes the bytes out of `plain` and leaves an empty buffer.
  void give(ByteVec& plain) {
    while (jobs_.size() >= limit_) write_first();
    auto job = std::make_unique<Job>();
    job->plain.swap(plain);
    plain = recycled();
    Job* const work = jobs_.emplace_back(std::move(job)).get();
    work->done = pool_.run([this, work] { encode(*work); });
    while (!jobs_.empty() && is_done(*jobs_.front())) write_first();
  }

  // The end of the gzip member.
  [[nodiscard]] std::vector<Segment> close() {
    while (!jobs_.empty()) write_first();
    write_header_once();
    ByteVec end(10);
    end[0] = std::byte{3};  // an empty final block of fixed codes: 03 00
    store_le32(ByteSpan(end).subspan(2), crc_);
    store_le32(ByteSpan(end).subspan(6), static_cast<std::uint32_t>(plain_bytes_));
    below_.write(end);
    return std::move(segments_);
  }

 private:
  struct Job {
    ByteVec plain, packed;
    Segment segment;
    std::future<void> done;
  };

  static bool is_done(const Job& job) {
    return job.done.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }

  // In a thread of the pool.
  void encode(Job& job) {
    auto encoder = encoders_.with([](auto& idle) {
      std::unique_ptr<SegmentEncoder> one;
      if (!idle.empty()) {
        one = std::move(idle.back());
        idle.pop_back();
      }
      return one;
    });
    if (!encoder) encoder = make_segment_encoder(level_);
    job.packed = encoder->encode(job.plain);
    job.segment.packed_bytes = job.packed.size();
    job.segment.plain_bytes = job.plain.size();
    job.segment.crc32 = libdeflate_crc32(0, job.plain.data(), job.plain.size());
    encoders_.with([&](auto& idle) { idle.push_back(std::move(encoder)); });
  }

  void write_first() {
    Job& job = *jobs_.front();
    job.done.get();
    write_header_once();
    below_.write(job.packed);
    crc_ = static_cast<std::uint32_t>(
        crc32_combine(crc_, job.segment.crc32, static_cast<z_off_t>(job.segment.plain_bytes)));
    plain_bytes_ += job.segment.plain_bytes;
    segments_.push_back(job.segment);
    job.plain.clear();
    spare_.push_back(std::move(job.plain));
    jobs_.pop_front();
  }

  void write_header_once() {
    if (header_written_) return;
    header_written_ = true;
    below_.write(kGzipHeader);
  }

  [[nodiscard]] ByteVec recycled() {
    ByteVec buffer;
    if (spare_.empty()) return buffer;
    buffer = std::move(spare_.back());
    spare_.pop_back();
    return buffer;
  }

  const Level level_;
  Sink& below_;
  WorkerPool& pool_;
  const std::size_t limit_;  // of jobs_: enough that no thread waits for this one
  std::deque<std::unique_ptr<Job>> jobs_;
  Guarded<std::vector<std::unique_ptr<SegmentEncoder>>> encoders_;
  std::vector<ByteVec> spare_;
  bool header_written_ = false;
  std::uint32_t crc_ = 0;
  std::uint64_t plain_bytes_ = 0;
  std::vector<Segment> segments_;
};

class SegmentPacker final : public Packer {
 public:
  SegmentPacker(Level level, Sink& below, WorkerPool& pool) : line_(level, below, pool) {}

  void write(ByteView bytes) override {
    guarded([&] {
      while (!bytes.empty()) {
        const std::size_t limit = in_own_segments_ ? std::size_t{kSegmentBytes} : kMaxPackBytes;
        const std::size_t count = std::min(bytes.size(), limit - segment_.size());
        segment_.insert(segment_.end(), bytes.begin(),
                        bytes.begin() + static_cast<std::ptrdiff_t>(count));
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
    if (!segment_.empty()) line_.give(segment_);
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

  ByteVec segment_;
  bool in_own_segments_ = false;
  std::exception_ptr failure_;
  SegmentLine line_;
};

}  // namespace

std::unique_ptr<Packer> make_packer(const PackOptions& options, Sink& below, WorkerPool& pool) {
  if (options.level == Level::kNone) return make_grid_packer(below);
  return std::make_unique<SegmentPacker>(options.level, below, pool);
}

}  // namespace backshelf
