#include "engine/stream/stream_end.h"

namespace backshelf {
namespace {

constexpr const char* kReading = "read compressed data";

}  // namespace

void demand_sound_end(StreamEnd end, const std::string& problem) {
  if (end == StreamEnd::kSound) return;
  throw Error(end == StreamEnd::kTruncated ? ErrorKind::kTruncated : ErrorKind::kDamaged, kReading,
              problem, "use another copy of this archive");
}

Error changed_since_the_pass() {
  return {ErrorKind::kDamaged, kReading, "its bytes are not what they were at first reading",
          "the file was changed or its disk fails: open it again"};
}

}  // namespace backshelf
