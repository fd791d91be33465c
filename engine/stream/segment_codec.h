// How the independent segments of a stream are compressed: each one becomes a frame of its own, and
// frames follow each other with nothing between them. What a packer and a reader of segments need
// of a compression that they do not know.
#pragma once

#include <memory>

#include "engine/base/bytes.h"

namespace backshelf {

// Thread-safe.
class SegmentCodec {
 public:
  // One thread at a time. Equal bytes give equal frames, whatever was encoded before.
  class Encoder {
   public:
    Encoder() = default;
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;
    virtual ~Encoder() = default;
    // Returns the size of the frame that then begins `out`. Throws Error(kInternal).
    // REQUIRES: out.size() >= max_frame_bytes(plain.size())
    [[nodiscard]] virtual std::size_t encode(ByteView plain, ByteSpan out) = 0;
  };

  SegmentCodec() = default;
  SegmentCodec(const SegmentCodec&) = delete;
  SegmentCodec& operator=(const SegmentCodec&) = delete;
  virtual ~SegmentCodec() = default;
  [[nodiscard]] virtual std::unique_ptr<Encoder> make_encoder() const = 0;
  // No frame of so many plain bytes is longer.
  [[nodiscard]] virtual std::uint64_t max_frame_bytes(std::uint64_t plain_bytes) const = 0;
  // True: `frame` is one sound frame, and of exactly plain.size() bytes, which are then in `plain`.
  [[nodiscard]] virtual bool decode(ByteView frame, ByteSpan plain) const = 0;
};

}  // namespace backshelf
