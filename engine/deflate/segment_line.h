// Segments on their way: given in order, encoded by a pool, written in order. Part of
// engine/deflate only.
#pragma once

#include <deque>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "engine/base/guarded.h"
#include "engine/deflate/packer.h"
#include "engine/deflate/segment_buffer.h"
#include "engine/deflate/segment_encoder.h"

namespace backshelf {

// Makes one gzip member of them, or frames of PackOptions::codec. A thread of its own writes to
// `below`, so that encrypting and disk overlap with reading and no thread of the pool ever waits
// for a disk. One thread at a time gives and closes. After an error every call throws it.
class SegmentLine {
 public:
  SegmentLine(const PackOptions& options, Sink& below, WorkerPool& pool);
  SegmentLine(const SegmentLine&) = delete;
  SegmentLine& operator=(const SegmentLine&) = delete;
  // What was not written yet is dropped; waits for the tasks that run.
  ~SegmentLine();

  [[nodiscard]] SegmentBuffer empty_buffer();
  // May block: that is the back-pressure. REQUIRES: plain.size() > 0
  void give(SegmentBuffer plain, bool is_body);
  // The same for a segment that is packed already.
  void give_packed(const Segment& segment, ByteVec packed);
  // Everything is written, and the end of a gzip member. Exactly once.
  [[nodiscard]] std::vector<Segment> close();

 private:
  struct Job {
    explicit Job(SegmentBuffer bytes) : plain(std::move(bytes)) {}
    SegmentBuffer plain;
    std::optional<SegmentBuffer> packed;  // empty: reused or stored
    ByteVec reused;
    Segment segment;
    bool done = false;
  };
  struct Line {
    std::deque<std::unique_ptr<Job>> jobs;
    std::vector<SegmentBuffer> spare;
    std::vector<std::unique_ptr<SegmentEncoder>> encoders;  // not in use
    std::exception_ptr failure;
    bool given_up = false;
  };

  void enqueue(std::unique_ptr<Job> job);
  void encode(Job& job);
  void pack(Job& job);
  void write_in_order(const std::stop_token& stop);
  void write(const Job& job);
  void take_off();
  void write_header_once();  // of a gzip member
  [[nodiscard]] std::unique_ptr<SegmentEncoder> make_encoder() const;
  void fail(std::exception_ptr failure);

  const PackOptions options_;
  Sink& below_;
  WorkerPool& pool_;
  const std::size_t limit_;  // of jobs: enough that no thread waits for this one
  Guarded<Line> line_;
  std::deque<std::future<void>> tasks_;
  // Of the writer; after the last job was taken off the line, of close().
  bool header_written_ = false;
  std::uint32_t crc_ = 0;
  std::uint64_t plain_bytes_ = 0;
  std::vector<Segment> segments_;
  std::jthread writer_;
};

}  // namespace backshelf
