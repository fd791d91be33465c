#include "engine/base/unique_fd.h"

#include <unistd.h>

#include <cerrno>

#include "engine/base/error.h"

namespace backshelf {

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    if (is_open()) (void)::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

UniqueFd::~UniqueFd() {
  if (is_open()) (void)::close(fd_);
}

void UniqueFd::close() {
  const int fd = std::exchange(fd_, -1);
  // Linux closes the descriptor even when close() reports EINTR.
  if (fd >= 0 && ::close(fd) != 0 && errno != EINTR)
    throw error_from_errno(errno, "closing a file");
}

}  // namespace backshelf
