// A regular file read once from its start to its end, with hints to the kernel that it is.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "engine/base/unique_fd.h"
#include "engine/stream/source.h"

namespace backshelf {

class FileStream final : public Source {
 public:
  // `shown` names the file in errors; lent. Throws Error(kInvalid) when it is no regular file.
  FileStream(UniqueFd fd, std::string_view shown);
  // fstat; throws Error(kInvalid) when it is no regular file.
  [[nodiscard]] static struct stat look_at(const UniqueFd& fd, std::string_view shown);
  // The same of a file that was looked at already. REQUIRES: `status` is of `fd`, a regular file.
  FileStream(UniqueFd fd, const struct stat& status, std::string_view shown);
  [[nodiscard]] const struct stat& status() const { return status_; }  // at opening
  [[nodiscard]] std::size_t read(ByteSpan out) override;
  // The first bytes, without moving on; fewer when there are no more or they cannot be read.
  [[nodiscard]] std::size_t peek(ByteSpan out) const;

 private:
  void hint() const;

  UniqueFd fd_;
  std::string_view shown_;
  struct stat status_ {};
};

// Opens for reading, never through a link as last component, never waiting for a FIFO's writer.
[[nodiscard]] UniqueFd open_regular_file(const std::string& path);

}  // namespace backshelf
