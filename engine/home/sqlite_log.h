// The pages that lie in a database's write-ahead log, as of one of its commits.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/home/sqlite_format.h"
#include "engine/stream/source.h"

namespace backshelf {

struct LogPage {
  std::uint32_t page = 0;   // from 1
  std::uint32_t frame = 0;  // its latest, from 1
};

struct LogPages {
  LogSalts salts{};
  std::uint32_t page_bytes = 0;      // 0: the log holds no commit
  std::uint32_t frames = 0;          // up to the commit
  std::uint32_t database_pages = 0;  // after it
  std::vector<LogPage> pages;        // by page, each once

  [[nodiscard]] std::uint64_t offset_of(std::uint32_t frame) const {  // of its page's bytes
    const std::uint64_t frame_bytes = kFrameHeaderBytes + page_bytes;
    return kLogHeaderBytes + (frame - 1) * frame_bytes + kFrameHeaderBytes;
  }
};

// Reads the log from its first frame on and checks salts and checksum of each: to the last commit
// that is whole, or, with `frames`, to that frame. A log that has no valid start is an empty one.
// Throws Error: kDamaged (the frame `frames` is not reached, or ends no commit), kUnsupported (more
// frames than memory is kept for), and what reading throws.
[[nodiscard]] LogPages read_log(const RandomSource& log,
                                std::optional<std::uint32_t> frames = std::nullopt);

}  // namespace backshelf
