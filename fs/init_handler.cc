// What is agreed with the kernel when the mount begins.
#include <sys/uio.h>
#include <unistd.h>

#include <cstring>

#include "engine/base/error.h"
#include "fs/server.h"

namespace backshelf {
namespace {

// More requests under way than the default 12 keep a far location busy.
constexpr unsigned kMaxBackground = 64, kCongestion = 48;

// FUSE_PARALLEL_DIROPS and the layout of the answer to INIT, from the kernel's <linux/fuse.h>.
constexpr std::uint32_t kParallelDirops = 1U << 18;
constexpr std::size_t kReplyHeaderBytes = 16, kInitReplyBytes = 64, kFlagsOffset = 12;

void on_init(void* userdata, fuse_conn_info* connection) noexcept {
  auto& server = *static_cast<Server*>(userdata);
  server.kernel_has_parallel_dirops = (connection->capable & FUSE_CAP_PARALLEL_DIROPS) != 0;
  server.kernel_has_readdirplus = (connection->capable & FUSE_CAP_READDIRPLUS) != 0;
  // Whoever lists a folder here asks for its attributes next: file managers, rsync, Samba.
  connection->want |= connection->capable & (FUSE_CAP_READDIRPLUS | FUSE_CAP_CACHE_SYMLINKS);
  connection->want &= ~static_cast<unsigned>(FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_SPLICE_READ |
                                             FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE);
  connection->max_background = kMaxBackground;
  connection->congestion_threshold = kCongestion;
}

// libfuse 3.14 never offers parallel lookups although it means to, and the kernel then serves one
// lookup per folder at a time: the bit is set in the answer on its way out.
void patch_init_reply(const iovec* parts, int count) {
  if (count < 2 || parts[0].iov_len != kReplyHeaderBytes || parts[1].iov_len < kInitReplyBytes) {
    return;
  }
  auto* flags = static_cast<std::byte*>(parts[1].iov_base) + kFlagsOffset;
  std::uint32_t value = 0;
  std::memcpy(&value, flags, sizeof value);
  value |= kParallelDirops;
  std::memcpy(flags, &value, sizeof value);
}

void announce(Server& server) noexcept {
  try {
    if (server.on_started) server.on_started();
  } catch (const std::exception& error) {  // guard: called from C
    server.parts.log.error(error.what());
  }
}

ssize_t write_reply(int fd, iovec* parts, int count, void* userdata) noexcept {
  auto& server = *static_cast<Server*>(userdata);
  const bool is_init = !server.init_answered.load(std::memory_order_relaxed);
  if (is_init && server.kernel_has_parallel_dirops) patch_init_reply(parts, count);
  const ssize_t written = ::writev(fd, parts, count);
  if (is_init && written > 0 && !server.init_answered.exchange(true)) announce(server);
  return written;
}

// Not noexcept: libfuse cancels its threads inside this read, which unwinds through here.
ssize_t read_request(int fd, void* buffer, std::size_t size, void*) {
  return ::read(fd, buffer, size);
}

}  // namespace

void add_init_handler(fuse_lowlevel_ops& operations) {
  operations.init = on_init;
}

fuse_custom_io session_io() {
  fuse_custom_io io{};
  io.writev = write_reply;
  io.read = read_request;
  return io;
}

}  // namespace backshelf
