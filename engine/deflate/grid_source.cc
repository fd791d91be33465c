#include "engine/deflate/grid_source.h"

#include <libdeflate.h>

#include <algorithm>

#include "engine/base/error.h"
#include "engine/stream/adapters.h"

namespace backshelf {
namespace {

class GridSource final : public RandomSource {
 public:
  GridSource(std::shared_ptr<const RandomSource> plain, const std::vector<Segment>& grid,
             BlockCache& cache)
      : plain_(std::move(plain)), cache_(cache), owner_(cache.new_owner()) {
    for (const Segment& block : grid) {
      size_ += block.plain_bytes;
      crcs_.push_back(block.crc32);
    }
  }
  ~GridSource() override { cache_.drop_owner(owner_); }

  [[nodiscard]] std::uint64_t size() const override { return size_; }

  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const override {
    return read_by_blocks(size_, kSegmentBytes, offset, out, [this](std::uint64_t number) {
      return cache_.get(owner_, number, [&] { return proved(number); });
    });
  }

 private:
  [[nodiscard]] ByteVec proved(std::uint64_t number) const {
    const std::uint64_t start = number * kSegmentBytes;
    const auto bytes = static_cast<std::size_t>(std::min(kSegmentBytes, size_ - start));
    ByteVec block = read_exactly(*plain_, start, bytes, "read a tar");
    if (libdeflate_crc32(0, block.data(), block.size()) ==
        crcs_[static_cast<std::size_t>(number)]) {
      return block;
    }
    throw Error(ErrorKind::kDamaged, "read a tar",
                concat("the bytes from ", start, " to ", start + bytes, " of it were changed"),
                "use another copy of this archive");
  }

  const std::shared_ptr<const RandomSource> plain_;
  BlockCache& cache_;
  const std::uint64_t owner_;
  std::uint64_t size_ = 0;
  std::vector<std::uint32_t> crcs_;
};

}  // namespace

std::shared_ptr<const RandomSource> make_grid_source(std::shared_ptr<const RandomSource> plain,
                                                     const std::vector<Segment>& grid,
                                                     BlockCache& cache) {
  return std::make_shared<GridSource>(std::move(plain), grid, cache);
}

}  // namespace backshelf
