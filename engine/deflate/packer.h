// Bytes of a tar to independent segments, compressed on all cores, in order: ONE gzip member of
// them, or the frames of another compression.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/deflate/segment.h"
#include "engine/stream/marked_sink.h"
#include "engine/stream/segment_codec.h"
#include "engine/stream/worker_pool.h"

namespace backshelf {

enum class Level {
  kNone /* not gzip: bytes pass through */,
  kFast /* ISA-L 2, else libdeflate 1 */,
  kBalanced /* libdeflate 6 */,
  kSmall /* libdeflate 9 */,
  kZstd /* not gzip: frames of PackOptions::codec */
};

struct PackOptions {
  Level level = Level::kBalanced;
  bool hashes = false;                  // fill Segment::hash; needed for `reuse`
  const SegmentReuse* reuse = nullptr;  // asked for every segment before it is compressed
  const SegmentCodec* codec = nullptr;  // of Level::kZstd and of no other; borrowed
};

class Packer : public MarkedSink {
 public:
  // A segment that is packed already, in place of its plain bytes: the part of a body between
  // mark_body and mark_body_end. REQUIRES: a level but kNone, and `segment` filled.
  virtual void put_packed(const Segment& segment, ByteVec packed) = 0;
  // Exactly once: closes the gzip member (empty final block, CRC32, ISIZE). Level kNone: blocks of
  // kSegmentBytes, as they are. Level kZstd: nothing stands around the frames.
  [[nodiscard]] virtual std::vector<Segment> finish() = 0;
};

// Where segments begin, and at all levels but kFast every byte, is independent of the number of
// threads. Memory: a few segments per thread. `below` and `pool` are borrowed. `below` is written
// to by a thread of the packer until finish() returns or throws, or the packer is gone; its errors
// come out of the next call.
[[nodiscard]] std::unique_ptr<Packer> make_packer(const PackOptions& options, Sink& below,
                                                  WorkerPool& pool);

}  // namespace backshelf
