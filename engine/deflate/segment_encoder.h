// One segment: raw deflate that refers to nothing before it, ends byte-aligned and is not final, so
// that segments joined are one deflate stream. It ends with an empty stored block (00 00 ff ff).
#pragma once

#include <memory>

#include "engine/base/bytes.h"
#include "engine/deflate/packer.h"

namespace backshelf {

// One thread at a time. Equal bytes give equal segments, whatever was encoded before.
class SegmentEncoder {
 public:
  SegmentEncoder() = default;
  SegmentEncoder(const SegmentEncoder&) = delete;
  SegmentEncoder& operator=(const SegmentEncoder&) = delete;
  virtual ~SegmentEncoder() = default;
  // REQUIRES: !plain.empty(). What hardly shrinks is stored: it reads back faster.
  [[nodiscard]] virtual ByteVec encode(ByteView plain) = 0;
};

// REQUIRES: level != Level::kNone
[[nodiscard]] std::unique_ptr<SegmentEncoder> make_segment_encoder(Level level);

[[nodiscard]] ByteVec stored_segment(ByteView plain);
// Makes a segment of a whole (final) raw deflate stream of `plain`: BFINAL of its last block is
// cleared and an empty stored block appended. Finding that block decodes everything, so what comes
// back is proved to be `plain`; throws Error(kInternal) when it is not.
void open_end(ByteVec& packed, ByteView plain);

}  // namespace backshelf
