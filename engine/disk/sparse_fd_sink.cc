#include "engine/disk/sparse_fd_sink.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/base/error.h"

namespace backshelf {
namespace {

constexpr std::size_t kHoleBlock = 64 * kKiB;

bool is_hole(ByteView block) {
  return block.size() == kHoleBlock && block.front() == std::byte{0} &&
         std::memcmp(block.data(), block.data() + 1, block.size() - 1) == 0;
}

}  // namespace

void SparseFdSink::write(ByteView bytes) {
  std::size_t pending = 0;  // bytes in front that are no hole
  while (pending < bytes.size()) {
    const ByteView block =
        bytes.subspan(pending).first(std::min(bytes.size() - pending, kHoleBlock));
    if (!is_hole(block)) {
      pending += block.size();
      continue;
    }
    write_out(bytes.first(pending));
    bytes = bytes.subspan(pending + block.size());
    pending = 0;
    offset_ += static_cast<off_t>(block.size());
    ends_in_hole_ = true;
  }
  write_out(bytes);
}

void SparseFdSink::finish() {
  if (ends_in_hole_ && ::ftruncate(fd_, offset_) != 0)
    throw error_from_errno(errno, concat("write ", path_()));
}

void SparseFdSink::write_out(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(fd_, bytes.data(), bytes.size(), offset_);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw error_from_errno(errno, concat("write ", path_()));
    offset_ += count;
    ends_in_hole_ = false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

}  // namespace backshelf
