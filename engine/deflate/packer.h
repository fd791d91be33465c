// Bytes of a tar to ONE gzip member of independent segments, compressed on all cores, in order.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/stream/marked_sink.h"
#include "engine/stream/worker_pool.h"

namespace backshelf {

enum class Level {
  kNone /* not gzip: bytes pass through */,
  kFast /* ISA-L 2, else libdeflate 1 */,
  kBalanced /* libdeflate 6 */,
  kSmall /* libdeflate 9 */
};

inline constexpr std::uint64_t kSegmentBytes = kMiB;  // plain bytes per segment
inline constexpr std::uint64_t kPackMinBytes =
    128 * kKiB;  // packs are cut from here on by path hash
inline constexpr std::uint64_t kOwnSegmentBytes =
    64 * kKiB;  // files from this size on start a segment

struct Segment {
  std::uint64_t packed_bytes = 0, plain_bytes = 0;
  std::uint32_t crc32 = 0;  // of the plain bytes
};

class Packer : public MarkedSink {
 public:
  // Exactly once: closes the gzip member (empty final block, CRC32, ISIZE). Level kNone: no
  // segments.
  [[nodiscard]] virtual std::vector<Segment> finish() = 0;
};

// Result is independent of the number of threads. Memory: a few segments per thread. `below` and
// `pool` are borrowed.
[[nodiscard]] std::unique_ptr<Packer> make_packer(Level level, Sink& below, WorkerPool& pool);

}  // namespace backshelf
