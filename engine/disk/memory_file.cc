#include "engine/disk/memory_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "engine/base/error.h"

namespace backshelf {

UniqueFd memory_file(std::string_view text) {
  UniqueFd fd(::memfd_create("backshelf", MFD_CLOEXEC));
  if (!fd.is_open()) throw error_from_errno(errno, "making a file in memory");
  while (!text.empty()) {
    const ssize_t put = ::write(fd.get(), text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) throw error_from_errno(errno, "writing a file in memory");
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  if (::lseek(fd.get(), 0, SEEK_SET) != 0) throw error_from_errno(errno, "a file in memory");
  return fd;
}

}  // namespace backshelf
