#include "engine/stream/adapters.h"

#include <algorithm>
#include <limits>

#include "engine/base/error.h"

namespace backshelf {

std::size_t Cursor::read(ByteSpan out) {
  const std::size_t count = below_.read_at(offset_, out);
  offset_ += count;
  return count;
}

Slice::Slice(std::shared_ptr<const RandomSource> below, std::uint64_t offset, std::uint64_t size)
    : below_(std::move(below)), offset_(offset), size_(0) {
  const std::uint64_t all = below_->size();
  if (offset_ < all) size_ = std::min(size, all - offset_);
}

std::size_t Slice::read_at(std::uint64_t offset, ByteSpan out) const {
  if (offset >= size_) return 0;
  const std::uint64_t count = std::min<std::uint64_t>(out.size(), size_ - offset);
  return below_->read_at(offset_ + offset, out.first(static_cast<std::size_t>(count)));
}

std::size_t LimitSource::read(ByteSpan out) {
  if (left_ == 0) return 0;
  const std::uint64_t count = std::min<std::uint64_t>(out.size(), left_);
  const std::size_t got = below_.read(out.first(static_cast<std::size_t>(count)));
  left_ -= got;
  return got;
}

std::size_t MemorySource::read_at(std::uint64_t offset, ByteSpan out) const {
  if (offset >= bytes_.size()) return 0;
  const std::size_t from = static_cast<std::size_t>(offset);
  const std::size_t count = std::min(out.size(), bytes_.size() - from);
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(from), count, out.begin());
  return count;
}

void MemorySink::write(ByteView bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

std::uint64_t pump(Source& from, Sink& to) {
  constexpr std::size_t kPumpBytes = 256 * kKiB;  // large enough that calls do not count
  ByteVec buffer(kPumpBytes);
  std::uint64_t total = 0;
  for (std::size_t got = from.read(buffer); got > 0; got = from.read(buffer)) {
    to.write(ByteView(buffer).first(got));
    total += got;
  }
  return total;
}

std::size_t read_full(Source& from, ByteSpan out) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const std::size_t got = from.read(out.subspan(filled));
    if (got == 0) break;
    filled += got;
  }
  return filled;
}

ByteVec read_exactly(const RandomSource& from, std::uint64_t offset, std::size_t size,
                     const std::string& what) {
  ByteVec bytes(size);
  if (from.read_at(offset, bytes) != size) {
    throw Error(ErrorKind::kTruncated, what, "the data ends before its end",
                "the file is cut: get a whole copy of it");
  }
  return bytes;
}

}  // namespace backshelf
