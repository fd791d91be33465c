#include "engine/tar/tar_bytes.h"

#include <algorithm>
#include <array>

namespace backshelf {
namespace {

constexpr std::uint64_t kBlock = 512;
// Damage is looked through in steps up to this: what lies below decodes in pieces of this size.
constexpr std::uint64_t kMaxStep = kMiB;

}  // namespace

void TarBytes::check_stop() const {
  if (!stop_.stop_requested()) return;
  throw Error(ErrorKind::kInterrupted, "reading a tar", "it was told to stop");
}

std::size_t TarBytes::try_fetch(std::uint64_t at, ByteSpan out) {
  try {
    return fetch(at, out);
  } catch (const Error& error) {  // isolation: damage inside one tar is the result of its scan
    if (error.kind() != ErrorKind::kDamaged && error.kind() != ErrorKind::kTruncated) throw;
    failure_ = error;
    return 0;
  }
}

void TarBytes::fill(std::size_t count) {
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
  end_ -= begin_;
  begin_ = 0;
  while (end_ < count && !failure_) {
    const std::size_t needed = count - end_;
    const std::size_t wanted = std::min(std::max(window(needed), needed), buffer_.size() - end_);
    std::size_t got = try_fetch(offset_ + end_, ByteSpan(buffer_).subspan(end_, wanted));
    if (failure_ && wanted > needed) {
      // The damage may lie behind what is needed.
      failure_.reset();
      got = try_fetch(offset_ + end_, ByteSpan(buffer_).subspan(end_, needed));
    }
    if (got == 0) break;
    end_ += got;
  }
}

ByteView TarBytes::peek(std::size_t count) {
  if (end_ - begin_ < count) fill(count);
  return ByteView(buffer_).subspan(begin_, std::min(count, end_ - begin_));
}

void TarBytes::take(std::size_t count) {
  begin_ += count;
  offset_ += count;
}

std::uint64_t TarBytes::skip(std::uint64_t count) {
  const std::uint64_t buffered = std::min<std::uint64_t>(count, end_ - begin_);
  take(static_cast<std::size_t>(buffered));
  if (buffered == count) return count;
  drop_buffer();
  return buffered + skip_unbuffered(count - buffered);
}

void TarBytes::skip_zero_blocks() {
  for (bool more = true; more;) {
    check_stop();
    const ByteView piece = peek(kMaxPeek);
    const auto used = std::ranges::find_if(piece, [](std::byte b) { return b != std::byte{0}; });
    const auto zeros = static_cast<std::size_t>(used - piece.begin());
    more = zeros == piece.size() && zeros > 0;
    take(more ? zeros : zeros / kBlock * kBlock);
  }
}

std::uint64_t StreamBytes::skip_unbuffered(std::uint64_t count) {
  std::uint64_t left = count;
  while (left > 0 && !failure_) {
    check_stop();
    const std::uint64_t wanted = std::min<std::uint64_t>(left, buffer_.size());
    const std::size_t got =
        try_fetch(offset_, ByteSpan(buffer_).first(static_cast<std::size_t>(wanted)));
    if (got == 0) break;
    offset_ += got;
    left -= got;
  }
  return count - left;
}

std::size_t RandomBytes::window(std::size_t needed) {
  const std::size_t now = std::max(window_, needed);
  window_ = std::min(window_ * 2, kBufferBytes);
  return now;
}

std::uint64_t RandomBytes::skip_unbuffered(std::uint64_t count) {
  const std::uint64_t step = std::min(count, size_ > offset_ ? size_ - offset_ : 0);
  offset_ += step;
  window_ = kFirstWindow;
  return step;
}

bool RandomBytes::readable(std::uint64_t at) {
  check_stop();
  std::array<std::byte, kBlock> block{};
  (void)try_fetch(at, block);
  const bool good = !failure_;
  failure_.reset();
  return good;
}

bool RandomBytes::pass_unreadable() {
  failure_.reset();
  drop_buffer();
  std::uint64_t bad = offset_ / kBlock * kBlock, step = kBlock, good = bad + step;
  while (good < size_ && !readable(good)) {
    bad = good;
    step = std::min(step * 2, kMaxStep);
    good = bad + step;
  }
  // The end counts as readable. Between the two lies the edge of the damage.
  good = std::min(good, (size_ + kBlock - 1) / kBlock * kBlock);
  while (good - bad > kBlock) {
    const std::uint64_t middle = bad + (good - bad) / (2 * kBlock) * kBlock;
    (readable(middle) ? good : bad) = middle;
  }
  offset_ = std::min(good, size_);
  window_ = kFirstWindow;
  return offset_ < size_;
}

}  // namespace backshelf
