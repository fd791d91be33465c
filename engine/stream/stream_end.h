// How compressed data ends, and what readers of it say then; shared by every compression.
#pragma once

#include <exception>
#include <stop_token>
#include <string>

#include "engine/base/bytes.h"
#include "engine/base/error.h"

namespace backshelf {

enum class StreamEnd {
  kSound,
  kTruncated,
  kDamaged /* its data cannot be decoded, or a checksum does not match */
};

// For a read behind what could be decoded. Throws Error: kTruncated or kDamaged, unless the end is
// sound.
void demand_sound_end(StreamEnd end, const std::string& problem);
// Data that decodes to something else than the pass over it saw.
[[nodiscard]] Error changed_since_the_pass();

// Runs a decoder in order: damage of what lies below it is where its data ends, any other error
// passes through and comes again. `Decoder` has ended() and end(StreamEnd, std::string); it is
// borrowed. One thread at a time.
template <typename Decoder>
class GuardedRun {
 public:
  explicit GuardedRun(Decoder& decoder) : decoder_(decoder) {}

  // One step, which returns how many bytes it decoded; 0 without an end is possible.
  template <typename Step>
  [[nodiscard]] std::size_t once(const Step& step) {
    if (failure_) std::rethrow_exception(failure_);
    try {
      return step();
    } catch (const Error& error) {  // isolation: damage below is where the data ends
      const bool truncated = error.kind() == ErrorKind::kTruncated;
      if (truncated || error.kind() == ErrorKind::kDamaged) {
        decoder_.end(truncated ? StreamEnd::kTruncated : StreamEnd::kDamaged, error.why());
        return 0;
      }
      failure_ = std::current_exception();
      throw;
    } catch (...) {  // guard: a stream that failed fails alike
      failure_ = std::current_exception();
      throw;
    }
  }

  // Steps until there are bytes; 0: the data ended.
  template <typename Step>
  [[nodiscard]] std::size_t until_bytes(const Step& step) {
    for (;;) {
      const std::size_t got = once(step);
      if (got > 0 || decoder_.ended()) return got;
    }
  }

  // Steps until the data ends. Throws Error(kInterrupted), of `task`, on request.
  template <typename Step>
  void until_end(const Step& step, const std::stop_token& stop, const char* task) {
    while (!decoder_.ended()) {
      if (stop.stop_requested()) {
        throw Error(ErrorKind::kInterrupted, task, "it was asked to stop");
      }
      (void)once(step);
    }
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  Decoder& decoder_;
  std::exception_ptr failure_;
};

}  // namespace backshelf
