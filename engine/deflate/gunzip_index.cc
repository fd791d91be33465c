#include "engine/deflate/gunzip_index.h"

#include <libdeflate.h>

#include <algorithm>
#include <utility>

#include "engine/deflate/combine_crc.h"

namespace backshelf {

const Checkpoint* GunzipIndex::find(std::uint64_t plain) const {
  const auto after = std::upper_bound(
      checkpoints_.begin(), checkpoints_.end(), plain,
      [](std::uint64_t offset, const Checkpoint& place) { return offset < place.plain; });
  return after == checkpoints_.begin() ? nullptr : &*std::prev(after);
}

bool GunzipIndex::block_matches(std::uint64_t number, ByteView block) const {
  if (number >= block_crcs_.size()) return true;
  return libdeflate_crc32(0, block.data(), block.size()) ==
         block_crcs_[static_cast<std::size_t>(number)];
}

void BlockChecks::add(ByteView plain) {
  while (!plain.empty()) {
    const std::uint64_t count =
        std::min<std::uint64_t>(plain.size(), kGunzipBlockBytes - in_block_);
    piece_ = libdeflate_crc32(piece_, plain.data(), static_cast<std::size_t>(count));
    in_piece_ += count;
    in_block_ += count;
    plain = plain.subspan(static_cast<std::size_t>(count));
    if (in_block_ < kGunzipBlockBytes) continue;
    end_piece();
    if (crcs_.size() < kMaxBlockChecks) crcs_.push_back(block_);
    block_ = 0;
    in_block_ = 0;
  }
}

void BlockChecks::end_piece() {
  if (in_piece_ == 0) return;
  block_ = combine_crc(block_, piece_, in_piece_);
  member_ = combine_crc(member_, piece_, in_piece_);
  piece_ = 0;
  in_piece_ = 0;
}

std::uint32_t BlockChecks::end_member() {
  end_piece();
  return std::exchange(member_, 0);
}

std::vector<std::uint32_t> BlockChecks::take() {
  end_piece();
  if (in_block_ > 0 && crcs_.size() < kMaxBlockChecks) crcs_.push_back(block_);
  return std::move(crcs_);
}

}  // namespace backshelf
