// One segment of a gzip member: raw deflate that refers to nothing before it, ends byte-aligned and
// is not final, so that segments joined are one deflate stream. It ends with an empty stored block
// (00 00 ff ff).
#pragma once

#include <memory>

#include "engine/deflate/packer.h"
#include "engine/deflate/segment_buffer.h"

namespace backshelf {

// One thread at a time. Equal bytes give equal segments, whatever was encoded before.
class SegmentEncoder {
 public:
  SegmentEncoder() = default;
  SegmentEncoder(const SegmentEncoder&) = delete;
  SegmentEncoder& operator=(const SegmentEncoder&) = delete;
  virtual ~SegmentEncoder() = default;
  // False: it hardly shrinks and is to be stored, as it then reads back faster; `packed` is
  // unspecified. REQUIRES: !plain.empty(), plain.size() <= kMaxSegmentBytes
  [[nodiscard]] virtual bool encode(ByteView plain, SegmentBuffer& packed) = 0;
};

// REQUIRES: level != Level::kNone, level != Level::kZstd
[[nodiscard]] std::unique_ptr<SegmentEncoder> make_segment_encoder(Level level);
// Frames of another compression, which knows itself how to store what does not shrink: never false.
[[nodiscard]] std::unique_ptr<SegmentEncoder> make_segment_encoder(const SegmentCodec& codec);

// The same segment not compressed, and its size.
void write_stored(ByteView plain, Sink& to);
[[nodiscard]] std::uint64_t stored_bytes(std::uint64_t plain_bytes);

// Makes a segment of a whole (final) raw deflate stream of `plain`: BFINAL of its last block is
// cleared and an empty stored block appended. Finding that block decodes everything, so what comes
// back is proved to be `plain`; throws Error(kInternal) when it is not.
void open_end(SegmentBuffer& packed, ByteView plain);

}  // namespace backshelf
