// Memory for one segment, plain or packed. Part of engine/deflate only.
#pragma once

#include <algorithm>
#include <memory>

#include "engine/deflate/segment.h"

namespace backshelf {

// Fixed room that is never cleared, so that memory is touched by what is put there alone.
class SegmentBuffer {
 public:
  // What opens the end of a segment (see open_end) fits behind the largest one, and so does what a
  // SegmentCodec may need more than it is given.
  static constexpr std::size_t kRoomBytes = kMaxSegmentBytes + 16 * kKiB;

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] ByteView view() const { return {bytes_.get(), size_}; }
  [[nodiscard]] ByteSpan whole() { return {bytes_.get(), kRoomBytes}; }
  [[nodiscard]] ByteSpan room() { return whole().subspan(size_); }
  void set_size(std::size_t size) { size_ = size; }  // REQUIRES: size <= kRoomBytes
  // REQUIRES: more.size() <= room().size()
  void append(ByteView more) {
    std::ranges::copy(more, room().begin());
    size_ += more.size();
  }

 private:
  std::unique_ptr<std::byte[]> bytes_ = std::make_unique_for_overwrite<std::byte[]>(kRoomBytes);
  std::size_t size_ = 0;
};

}  // namespace backshelf
