// ISA-L's inflate over one raw deflate stream: faster than zlib's, but it cannot be asked to stop
// between blocks. Where it stops is found by giving it little at a time.
#pragma once

#include <memory>

#include "engine/deflate/inflater.h"

namespace backshelf {

// One thread at a time.
class FastInflater {
 public:
  [[nodiscard]] static std::unique_ptr<FastInflater> make();  // null: not in this build
  virtual ~FastInflater() = default;

  virtual void reset() = 0;  // to the start of another stream
  // As Inflater::run(), except that with `pause` it may miss the end of a block (of fixed codes, or
  // before one with the same codes), that unused_bits may be those of many bytes, and that kDamaged
  // counts nothing and means: let zlib say what it is.
  [[nodiscard]] virtual Inflater::Step run(ByteView in, ByteSpan out, bool pause) = 0;
  [[nodiscard]] virtual ByteVec window() const = 0;
};

}  // namespace backshelf
