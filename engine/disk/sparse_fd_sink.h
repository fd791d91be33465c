// Content into an empty file of a tree; part of engine/disk only.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "engine/stream/source.h"

namespace backshelf {

// Writes to a descriptor of an empty file that it does not own. Whole blocks of zeros become holes:
// a sparse file of a backup may be larger than the disk. One thread at a time.
class SparseFdSink final : public Sink {
 public:
  // `path`: of the file, asked for errors. Lent.
  SparseFdSink(int fd, const std::function<std::string()>& path) : fd_(fd), path_(path) {}
  void write(ByteView bytes) override;
  // After the last write, exactly once: the size, which a hole at the end does not give.
  void finish();

 private:
  void write_out(ByteView bytes);

  const int fd_;
  const std::function<std::string()>& path_;
  off_t offset_ = 0;
  bool ends_in_hole_ = false;
};

}  // namespace backshelf
