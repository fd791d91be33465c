#include <algorithm>

#include "engine/base/error.h"
#include "engine/tree/tree.h"

namespace backshelf {
namespace {

Error cut_at(std::uint64_t offset) {
  return Error(ErrorKind::kTruncated, "read a file of an archive",
               concat("its content ends before byte ", offset),
               "the archive is cut: use another copy of it");
}

// All of `out` from the tar, or kTruncated.
void read_stored(const RandomSource& tar, std::uint64_t stored_offset, std::uint64_t offset,
                 ByteSpan out) {
  if (tar.read_at(stored_offset, out) != out.size()) throw cut_at(offset + out.size());
}

// Zeros, and what the extents hold of [offset, offset + out.size()).
void read_sparse(const RandomSource& tar, const BodyLocation& body, std::uint64_t offset,
                 ByteSpan out) {
  std::ranges::fill(out, std::byte{0});
  const std::uint64_t end = offset + out.size();
  auto extent = std::ranges::upper_bound(body.extents, offset, {}, &Extent::logical_offset);
  if (extent != body.extents.begin()) --extent;
  for (; extent != body.extents.end() && extent->logical_offset < end; ++extent) {
    const std::uint64_t from = std::max(offset, extent->logical_offset);
    const std::uint64_t to = std::min(end, extent->logical_offset + extent->length);
    if (from >= to) continue;
    const std::uint64_t stored = extent->stored_offset + (from - extent->logical_offset);
    if (!body.complete && stored + (to - from) > body.data_offset + body.stored_size) {
      throw cut_at(to);
    }
    read_stored(
        tar, stored, from,
        out.subspan(static_cast<std::size_t>(from - offset), static_cast<std::size_t>(to - from)));
  }
}

}  // namespace

std::size_t read_body(const RandomSource& tar, const BodyLocation& body, std::uint64_t size,
                      std::uint64_t offset, std::span<std::byte> out) {
  if (offset >= size || out.empty()) return 0;
  const std::uint64_t count = std::min<std::uint64_t>(out.size(), size - offset);
  const ByteSpan wanted = out.first(static_cast<std::size_t>(count));
  const bool only_hole = body.complete && body.stored_size == 0;
  if (!body.extents.empty() || only_hole) {
    read_sparse(tar, body, offset, wanted);
  } else {
    if (offset + count > body.stored_size) throw cut_at(offset + count);
    read_stored(tar, body.data_offset + offset, offset, wanted);
  }
  return wanted.size();
}

}  // namespace backshelf
