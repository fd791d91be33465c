#include "engine/deflate/checkpoints.h"

#include <libdeflate.h>
#include <strings.h>

#include <new>

#include "engine/base/c_handle.h"
#include "engine/base/error.h"

namespace backshelf {
namespace {

// The fastest that still halves most windows; a pass compresses one per megabyte.
constexpr int kWindowLevel = 1;

}  // namespace

std::uint64_t memory_of(const Checkpoint& checkpoint) {
  const std::uint64_t window =
      checkpoint.window ? sizeof(SavedWindow) + checkpoint.window->kept().size() : 0;
  return sizeof(Checkpoint) + window;
}

SavedWindow::SavedWindow(ByteVec plain) : plain_bytes_(plain.size()) {
  if (plain.empty()) return;
  const CHandle<libdeflate_compressor, libdeflate_free_compressor> compressor(
      libdeflate_alloc_compressor(kWindowLevel));
  if (!compressor) throw std::bad_alloc();
  ByteVec packed(plain.size());
  const std::size_t size = libdeflate_deflate_compress(compressor.get(), plain.data(), plain.size(),
                                                       packed.data(), packed.size());
  if (size > 0 && size < plain.size()) {
    kept_.assign(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size));
    explicit_bzero(plain.data(), plain.size());
  } else {
    kept_ = std::move(plain);
  }
}

SavedWindow::~SavedWindow() {
  if (!kept_.empty()) explicit_bzero(kept_.data(), kept_.size());
}

ByteVec SavedWindow::restore() const {
  if (kept_.size() == plain_bytes_) return kept_;
  const CHandle<libdeflate_decompressor, libdeflate_free_decompressor> decompressor(
      libdeflate_alloc_decompressor());
  if (!decompressor) throw std::bad_alloc();
  ByteVec plain(plain_bytes_);
  const libdeflate_result result = libdeflate_deflate_decompress(
      decompressor.get(), kept_.data(), kept_.size(), plain.data(), plain.size(), nullptr);
  if (result != LIBDEFLATE_SUCCESS) {
    throw Error(ErrorKind::kInternal, "decode gzip", "a saved place in memory is unreadable");
  }
  return plain;
}

void CheckpointList::add(Checkpoint checkpoint) {
  last_ = checkpoint.plain;
  used_ += memory_of(checkpoint);
  list_.push_back(std::move(checkpoint));
  while (used_ > budget_ && list_.size() > 1) thin_out();
}

void CheckpointList::thin_out() {
  std::vector<Checkpoint> kept;
  used_ = 0;
  for (std::size_t i = 1; i < list_.size(); i += 2) {
    used_ += memory_of(list_[i]);
    kept.push_back(std::move(list_[i]));
  }
  list_ = std::move(kept);
  spacing_ *= 2;
}

}  // namespace backshelf
