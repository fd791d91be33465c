#include "engine/disk/file_stream.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "engine/base/error.h"

namespace backshelf {

FileStream::FileStream(UniqueFd fd, std::string_view shown)
    : fd_(std::move(fd)), shown_(shown), status_(look_at(fd_, shown)) {
  hint();
}

FileStream::FileStream(UniqueFd fd, const struct stat& status, std::string_view shown)
    : fd_(std::move(fd)), shown_(shown), status_(status) {
  hint();
}

struct stat FileStream::look_at(const UniqueFd& fd, std::string_view shown) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) {
    throw error_from_errno(errno, concat("looking at ", shown));
  }
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::kInvalid, concat("opening ", shown), "it is no regular file");
  }
  return status;
}

void FileStream::hint() const {
  constexpr off_t kHintBytes = 256 * 1024;  // smaller ones come with the first read anyway
  if (status_.st_size >= kHintBytes) {
    (void)::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    (void)::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_NOREUSE);
  }
}

std::size_t FileStream::read(ByteSpan out) {
  for (;;) {
    const ssize_t got = ::read(fd_.get(), out.data(), out.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) throw error_from_errno(errno, concat("reading ", shown_));
  }
}

std::size_t FileStream::peek(ByteSpan out) const {
  const ssize_t got = ::pread(fd_.get(), out.data(), out.size(), 0);
  return got < 0 ? 0 : static_cast<std::size_t>(got);
}

UniqueFd open_regular_file(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.is_open()) throw error_from_errno(errno, concat("opening ", path));
  return fd;
}

}  // namespace backshelf
