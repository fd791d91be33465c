// A gzip stream decoded in order, member after member, from its start or from a checkpoint.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/deflate/checkpoints.h"
#include "engine/deflate/fast_inflater.h"
#include "engine/deflate/gunzip.h"
#include "engine/deflate/gunzip_index.h"
#include "engine/deflate/inflater.h"
#include "engine/deflate/packed_input.h"

namespace backshelf {

// One thread at a time. Errors of `packed` pass through.
class GzipDecoder {
 public:
  // From the start, every member's CRC and size checked. `packed` is borrowed.
  GzipDecoder(const RandomSource& packed, GzipTrailer trailer);
  // From a checkpoint, nothing checked (a CRC counts from the start of a member).
  GzipDecoder(const RandomSource& packed, GzipTrailer trailer, const Checkpoint& from);
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  // Fills 1 … out.size() bytes; 0 when the data ended, see result(). With `pause` it also returns,
  // perhaps with 0, when it stands where decoding can start again.
  [[nodiscard]] std::size_t decode(ByteSpan out, bool pause = false);
  [[nodiscard]] bool ended() const { return phase_ == Phase::kEnd; }
  [[nodiscard]] bool can_restart() const { return can_restart_; }
  [[nodiscard]] Checkpoint checkpoint() const;  // REQUIRES: can_restart()
  // The data ends here because of something outside the stream.
  void end(GunzipResult::End end, std::string problem);
  // How far it came; `end` and `problem` count once ended().
  [[nodiscard]] GunzipResult result() const;
  // Of what was decoded, from the start. Once, at the end.
  [[nodiscard]] std::vector<std::uint32_t> take_block_crcs() { return checks_.take(); }
  [[nodiscard]] std::uint64_t plain_offset() const { return result_.plain_bytes; }
  [[nodiscard]] static constexpr std::uint64_t memory_bytes() { return 110 * kKiB; }  // about

 private:
  enum class Phase { kHeader, kBody, kTrailer, kEnd };

  void read_header();
  [[nodiscard]] bool skip_header_fields(unsigned flags);
  [[nodiscard]] bool skip_header_text();
  [[nodiscard]] std::size_t read_body(ByteSpan out, bool pause);
  [[nodiscard]] std::optional<ByteView> body_input();
  void resume_at(const Checkpoint& place);
  [[nodiscard]] Checkpoint place_here() const;
  void note_restart();
  void leave_fast();
  void skip_again();
  void read_trailer();
  void read_padded_trailer();
  void end_member(bool right);

  PackedInput input_;
  const GzipTrailer trailer_;
  const bool checking_;
  // Decodes members whose data is sound all the way; zlib takes over at the last place to restart,
  // and has the last word, on every other. Null: zlib decodes all.
  const std::unique_ptr<FastInflater> fast_;
  bool is_fast_ = false;           // fast_ decodes this member
  Checkpoint restart_;             // where zlib would take over
  std::uint64_t skip_bytes_ = 0;   // plain bytes that zlib decodes again
  std::uint64_t asked_since_ = 0;  // plain offset since which a place to restart is looked for
  Inflater inflater_;
  Phase phase_ = Phase::kHeader;
  bool can_restart_ = false;
  bool output_was_full_ = false;
  unsigned unused_bits_ = 0;
  std::uint64_t members_ = 0;
  std::uint64_t empty_members_ = 0;  // in a row
  std::uint64_t member_bytes_ = 0;   // plain
  BlockChecks checks_;
  GunzipResult result_;
};

}  // namespace backshelf
