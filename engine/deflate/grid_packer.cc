#include <libdeflate.h>

#include <algorithm>

#include "engine/base/error.h"
#include "engine/deflate/grid_source.h"

namespace backshelf {
namespace {

class GridPacker final : public Packer {
 public:
  explicit GridPacker(Sink& below) : below_(below) {}

  void write(ByteView bytes) override {
    below_.write(bytes);
    while (!bytes.empty()) {
      const auto count = static_cast<std::size_t>(
          std::min<std::uint64_t>(bytes.size(), kSegmentBytes - block_.plain_bytes));
      block_.crc32 = libdeflate_crc32(block_.crc32, bytes.data(), count);
      block_.plain_bytes += count;
      bytes = bytes.subspan(count);
      if (block_.plain_bytes == kSegmentBytes) end_block();
    }
  }
  void mark_entry(std::string_view /*path*/) override {}
  void mark_body(std::uint64_t /*size*/) override {}
  void mark_body_end() override {}
  void put_packed(const Segment& /*segment*/, ByteVec /*packed*/) override {
    throw Error(ErrorKind::kInternal, "writing a tar", "it is not compressed");
  }
  [[nodiscard]] std::vector<Segment> finish() override {
    if (block_.plain_bytes > 0) end_block();
    return std::move(grid_);
  }

 private:
  void end_block() {
    block_.packed_bytes = block_.plain_bytes;
    block_.is_stored = true;
    grid_.push_back(block_);
    block_ = Segment{};
  }

  Sink& below_;
  Segment block_;
  std::vector<Segment> grid_;
};

}  // namespace

std::unique_ptr<Packer> make_grid_packer(Sink& below) {
  return std::make_unique<GridPacker>(below);
}

}  // namespace backshelf
