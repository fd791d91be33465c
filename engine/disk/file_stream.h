// A regular file read once from its start to its end, with hints to the kernel that it is.
#pragma once

#include <sys/stat.h>

#include <string>

#include "engine/base/unique_fd.h"
#include "engine/stream/source.h"

namespace backshelf {

class FileStream final : public Source {
 public:
  // `shown` names the file in errors. Throws Error(kInvalid) when it is no regular file.
  FileStream(UniqueFd fd, std::string shown);
  [[nodiscard]] const struct stat& status() const { return status_; }  // at opening
  [[nodiscard]] std::size_t read(ByteSpan out) override;

 private:
  UniqueFd fd_;
  std::string shown_;
  struct stat status_ {};
};

// Opens for reading, never through a link as last component, never waiting for a FIFO's writer.
[[nodiscard]] UniqueFd open_regular_file(const std::string& path);

}  // namespace backshelf
