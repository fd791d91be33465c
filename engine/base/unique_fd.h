// Owner of one file descriptor.
#pragma once

#include <utility>

namespace backshelf {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept;
  ~UniqueFd();  // closes and ignores the result: only for descriptors that were read from

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  explicit operator bool() const = delete;  // 0 is a valid descriptor: ask is_open()
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  // Closes and throws Error(kIo) when the kernel reports one (a late write error). Open only once.
  void close();

 private:
  int fd_ = -1;
};

}  // namespace backshelf
