// What a tar writer tells the packer below it, so that compressed segments can begin where files
// do.
#pragma once

#include <string_view>

#include "engine/stream/source.h"

namespace backshelf {

class MarkedSink : public Sink {
 public:
  // The next byte written is the first header byte of the entry with this path (raw tar path).
  virtual void mark_entry(std::string_view path) = 0;
  // The next byte written is the first of a body of `size` bytes (regular file, not padded).
  virtual void mark_body(std::uint64_t size) = 0;
  // The body ended; padding or the next entry follows.
  virtual void mark_body_end() = 0;
};

}  // namespace backshelf
