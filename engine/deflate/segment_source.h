// The plain bytes of independent segments, by position.
#pragma once

#include <memory>
#include <vector>

#include "engine/deflate/segment.h"
#include "engine/stream/block_cache.h"
#include "engine/stream/segment_codec.h"
#include "engine/stream/source.h"
#include "engine/stream/worker_pool.h"

namespace backshelf {

// `packed`: with `codec` its frames from the first byte on, else (null) a gzip stream, whose first
// segment begins at kGzipHeaderBytes. A read decodes whole
// segments and proves them by length and CRC32: what does not match throws kDamaged, never partial
// data. Decoded segments go through `cache`. Readers that go on in order, or in steps, are read
// ahead of on `pool` (null: never). Throws kDamaged for a table that no packer makes. `cache`,
// `pool` and `codec` are borrowed and outlive the source, whose destructor waits for what is being
// read ahead.
[[nodiscard]] std::shared_ptr<const RandomSource> make_segment_source(
    std::shared_ptr<const RandomSource> packed, const std::vector<Segment>& segments,
    BlockCache& cache, WorkerPool* pool, const SegmentCodec* codec = nullptr);

}  // namespace backshelf
