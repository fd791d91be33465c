// A tar that is not compressed: a grid of checksums instead of segments, so that what no MAC
// protects is proved block by block.
#pragma once

#include <memory>
#include <vector>

#include "engine/deflate/packer.h"
#include "engine/deflate/segment.h"
#include "engine/stream/block_cache.h"
#include "engine/stream/source.h"

namespace backshelf {

// `grid`: blocks of kSegmentBytes, the last one shorter, from the start of `plain` on. A block
// whose CRC differs throws kDamaged. `cache` is borrowed.
[[nodiscard]] std::shared_ptr<const RandomSource> make_grid_source(
    std::shared_ptr<const RandomSource> plain, const std::vector<Segment>& grid, BlockCache& cache);

// Passes the bytes on as they are; finish() returns the grid. `below` is borrowed.
[[nodiscard]] std::unique_ptr<Packer> make_grid_packer(Sink& below);

}  // namespace backshelf
