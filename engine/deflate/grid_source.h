// A tar that is neither compressed nor authenticated, proved block by block.
#pragma once

#include <memory>
#include <vector>

#include "engine/deflate/segment.h"
#include "engine/stream/block_cache.h"
#include "engine/stream/source.h"

namespace backshelf {

// `grid`: blocks of kSegmentBytes, the last one shorter, from the start of `plain` on. A block
// whose CRC differs throws kDamaged. `cache` is borrowed.
[[nodiscard]] std::shared_ptr<const RandomSource> make_grid_source(
    std::shared_ptr<const RandomSource> plain, const std::vector<Segment>& grid, BlockCache& cache);

}  // namespace backshelf
