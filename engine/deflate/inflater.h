// zlib's inflate over one raw deflate stream, able to stop between its blocks and to go on there.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/bytes.h"

struct z_stream_s;

namespace backshelf {

inline constexpr std::size_t kWindowBytes = 32 * kKiB;  // deflate refers back no further

// One thread at a time.
class Inflater {
 public:
  enum class Status { kMore, kEnd, kDamaged };
  struct Step {
    std::size_t consumed = 0, produced = 0;  // bytes
    Status status = Status::kMore;
    bool block_end = false;  // stands between two blocks, or behind the last one
    bool last_block = false;
    unsigned unused_bits = 0;    // of the last bytes consumed; at most 7 of zlib
    std::size_t given_back = 0;  // bytes consumed here or before that are behind the end
  };

  Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  void reset();  // to the start of another stream
  // To the place between two blocks whose next `bits` bits are `value`; `window` are the plain
  // bytes before it (at most kWindowBytes; fewer near the start of the stream).
  void resume(unsigned bits, unsigned value, ByteView window);
  // Decodes until `in` or `out` is used up, the stream ends or, with `pause`, a block ends.
  // Neither produced nor consumed: it needs more input.
  [[nodiscard]] Step run(ByteView in, ByteSpan out, bool pause);
  // The plain bytes that the stream may still refer to.
  [[nodiscard]] ByteVec window() const;
  // What zlib says about kDamaged.
  [[nodiscard]] std::string message() const;

 private:
  struct Free {
    void operator()(z_stream_s* stream) const noexcept;
  };
  std::unique_ptr<z_stream_s, Free> stream_;
};

}  // namespace backshelf
