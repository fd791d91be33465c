// A file of zstd frames decoded in order, from its start or from the start of any frame. Part of
// engine/zstd only.
#pragma once

#include <memory>

#include "engine/stream/source.h"
#include "engine/zstd/zstd_pass.h"

namespace backshelf {

// One thread at a time. Errors of `packed` pass through. Memory: the frame's window, at most
// 8 MiB.
class ZstdDecoder {
 public:
  // `packed` is borrowed. `from`: where a frame begins.
  explicit ZstdDecoder(const RandomSource& packed, const ZstdPlace& from = {});
  ~ZstdDecoder();
  ZstdDecoder(const ZstdDecoder&) = delete;
  ZstdDecoder& operator=(const ZstdDecoder&) = delete;

  // Fills 1 … out.size() bytes, never of two frames; 0 when a frame ended, or the data did.
  [[nodiscard]] std::size_t decode(ByteSpan out);
  [[nodiscard]] bool ended() const;
  [[nodiscard]] std::uint64_t plain_offset() const;  // where it stands
  [[nodiscard]] std::uint64_t memory_bytes() const;
  // Where the next frame begins, when no frame is being decoded.
  [[nodiscard]] bool at_frame_start() const;
  [[nodiscard]] ZstdPlace place() const;
  // The data ends here because of something outside the stream.
  void end(ZstdResult::End end, std::string problem);
  // How far it came; `end` and `problem` count once ended().
  [[nodiscard]] const ZstdResult& result() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace backshelf
