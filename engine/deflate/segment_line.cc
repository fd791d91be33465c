#include "engine/deflate/segment_line.h"

#include <libdeflate.h>
#include <zlib.h>

#include <array>
#include <chrono>
#include <utility>

#include "engine/crypto/hash.h"

namespace backshelf {
namespace {

// RFC 1952: no flags (a field here stops Python's stream reader), no time, system Unix.
constexpr std::array<std::byte, kGzipHeaderBytes> kGzipHeader = {
    std::byte{0x1f}, std::byte{0x8b}, std::byte{8}, std::byte{0}, std::byte{0},
    std::byte{0},    std::byte{0},    std::byte{0}, std::byte{0}, std::byte{3}};

template <typename T>
std::optional<T> take_last(std::vector<T>& list) {
  std::optional<T> taken;
  if (list.empty()) return taken;
  taken.emplace(std::move(list.back()));
  list.pop_back();
  return taken;
}

bool is_ready(const std::future<void>& task) {
  return task.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

}  // namespace

SegmentLine::SegmentLine(const PackOptions& options, Sink& below, WorkerPool& pool)
    : options_(options),
      below_(below),
      pool_(pool),
      limit_(2 * std::size_t{pool.threads()} + 2),
      writer_([this](const std::stop_token& stop) { write_in_order(stop); }) {}

SegmentLine::~SegmentLine() {
  writer_.request_stop();
  line_.with([](Line& line) { line.given_up = true; });
  for (const auto& task : tasks_) task.wait();
}

SegmentBuffer SegmentLine::empty_buffer() {
  auto spare = line_.with([](Line& line) { return take_last(line.spare); });
  if (!spare) return {};
  spare->set_size(0);
  return std::move(*spare);
}

void SegmentLine::give(SegmentBuffer plain, bool is_body) {
  auto job = std::make_unique<Job>(std::move(plain));
  job->segment.is_body = is_body;
  Job* const work = job.get();
  enqueue(std::move(job));
  while (!tasks_.empty() && is_ready(tasks_.front())) tasks_.pop_front();
  tasks_.push_back(pool_.run([this, work] { encode(*work); }));
}

void SegmentLine::give_packed(const Segment& segment, ByteVec packed) {
  auto job = std::make_unique<Job>(empty_buffer());
  job->segment = segment;
  job->reused = std::move(packed);
  job->done = true;
  enqueue(std::move(job));
  line_.notify_all();
}

void SegmentLine::enqueue(std::unique_ptr<Job> job) {
  line_.wait([&](const Line& line) { return line.failure || line.jobs.size() < limit_; },
             [&](Line& line) {
               if (line.failure) std::rethrow_exception(line.failure);
               line.jobs.push_back(std::move(job));
             });
}

std::vector<Segment> SegmentLine::close() {
  line_.wait([](const Line& line) { return line.failure || line.jobs.empty(); },
             [](Line& line) {
               if (line.failure) std::rethrow_exception(line.failure);
             });
  if (options_.codec != nullptr) return std::move(segments_);
  write_header_once();
  std::array<std::byte, 10> end{std::byte{3}};  // an empty final block of fixed codes: 03 00
  store_le32(ByteSpan(end).subspan(2), crc_);
  store_le32(ByteSpan(end).subspan(6), static_cast<std::uint32_t>(plain_bytes_));
  below_.write(end);
  return std::move(segments_);
}

// In a thread of the pool.
void SegmentLine::encode(Job& job) {
  try {
    if (line_.with([](Line& line) { return line.given_up || line.failure; })) return;
    pack(job);
  } catch (...) {  // isolation: one pool task; whoever gives or closes next is told
    fail(std::current_exception());
    return;
  }
  line_.with([&](Line&) { job.done = true; });
  line_.notify_all();
}

void SegmentLine::pack(Job& job) {
  const ByteView plain = job.plain.view();
  Segment& segment = job.segment;
  segment.plain_bytes = plain.size();
  segment.crc32 = libdeflate_crc32(0, plain.data(), plain.size());
  if (options_.hashes) segment.hash = blake2b16(plain);
  if (options_.reuse != nullptr) {
    Segment found = segment;
    if (options_.reuse->find(found, job.reused)) {
      segment.packed_bytes = job.reused.size();
      segment.is_stored = found.is_stored;
      return;
    }
    job.reused.clear();
  }
  auto idle = line_.with([](Line& line) { return take_last(line.encoders); });
  std::unique_ptr<SegmentEncoder> encoder = idle ? std::move(*idle) : make_encoder();
  SegmentBuffer packed = empty_buffer();
  segment.is_stored = !encoder->encode(plain, packed);
  segment.packed_bytes = segment.is_stored ? stored_bytes(plain.size()) : packed.size();
  line_.with([&](Line& line) {
    line.encoders.push_back(std::move(encoder));
    if (segment.is_stored) {
      line.spare.push_back(std::move(packed));
    } else {
      job.packed = std::move(packed);
    }
  });
}

std::unique_ptr<SegmentEncoder> SegmentLine::make_encoder() const {
  return options_.codec == nullptr ? make_segment_encoder(options_.level)
                                   : make_segment_encoder(*options_.codec);
}

// In the thread of the writer.
void SegmentLine::write_in_order(const std::stop_token& stop) {
  const auto is_next = [](const Line& line) {
    return !line.jobs.empty() && line.jobs.front()->done;
  };
  while (!stop.stop_requested()) {
    const Job* const job = line_.wait(stop, is_next, [&](Line& line) {
      return is_next(line) ? line.jobs.front().get() : nullptr;
    });
    if (job == nullptr) return;
    try {
      write(*job);
      take_off();
    } catch (...) {  // isolation: a thread of its own; whoever gives or closes next is told
      fail(std::current_exception());
      return;
    }
    line_.notify_all();
  }
}

// The job that was written, and keeps its buffers.
void SegmentLine::take_off() {
  line_.with([](Line& line) {
    Job& written = *line.jobs.front();
    line.spare.push_back(std::move(written.plain));
    if (written.packed) line.spare.push_back(std::move(*written.packed));
    line.jobs.pop_front();
  });
}

void SegmentLine::write(const Job& job) {
  write_header_once();
  const Segment& segment = job.segment;
  if (job.packed) {
    below_.write(job.packed->view());
  } else if (!job.reused.empty()) {
    below_.write(job.reused);
  } else {
    write_stored(job.plain.view(), below_);
  }
  crc_ = static_cast<std::uint32_t>(
      crc32_combine(crc_, segment.crc32, static_cast<z_off_t>(segment.plain_bytes)));
  plain_bytes_ += segment.plain_bytes;
  segments_.push_back(segment);
}

void SegmentLine::write_header_once() {
  if (options_.codec != nullptr || std::exchange(header_written_, true)) return;
  below_.write(kGzipHeader);
}

void SegmentLine::fail(std::exception_ptr failure) {
  line_.with([&](Line& line) {
    if (!line.failure) line.failure = std::move(failure);
  });
  line_.notify_all();
}

}  // namespace backshelf
