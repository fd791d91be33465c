#include "engine/deflate/packed_input.h"

#include <algorithm>

namespace backshelf {
namespace {

// Reads end on multiples of this, and so never begin before a damaged chunk of an encrypted
// stream (whose chunks are multiples of it) and reach into it: all bytes before it can be had.
constexpr std::size_t kInputBytes = 64 * kKiB;

}  // namespace

ByteView PackedInput::peek() {
  if (!rest_.empty()) return rest_;
  buffer_.resize(kInputBytes);
  const std::size_t wanted = kInputBytes - static_cast<std::size_t>(offset_ % kInputBytes);
  const std::size_t got = packed_.read_at(offset_, ByteSpan(buffer_).first(wanted));
  rest_ = ByteView(buffer_).first(got);
  return rest_;
}

void PackedInput::skip(std::size_t count) {
  rest_ = rest_.subspan(count);
  offset_ += count;
}

void PackedInput::give_back(std::size_t count) {
  const std::size_t behind = buffer_.empty() || rest_.data() == nullptr
                                 ? 0
                                 : static_cast<std::size_t>(rest_.data() - buffer_.data());
  if (count > behind) return seek(offset_ - count);
  rest_ = {rest_.data() - count, rest_.size() + count};
  offset_ -= count;
}

void PackedInput::seek(std::uint64_t offset) {
  offset_ = offset;
  rest_ = {};
}

std::size_t PackedInput::take(ByteSpan out) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const ByteView some = peek();
    if (some.empty()) break;
    const std::size_t count = std::min(some.size(), out.size() - filled);
    std::copy_n(some.begin(), count, out.begin() + static_cast<std::ptrdiff_t>(filled));
    skip(count);
    filled += count;
  }
  return filled;
}

}  // namespace backshelf
