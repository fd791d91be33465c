// The true size of a member whose header is not to be believed; part of engine/archive.
#pragma once

#include <string>

#include "engine/archive/outer_header.h"

namespace backshelf {

struct SizeFinding {
  std::uint64_t size = 0;
  std::uint64_t next_offset = 0;  // of the next header
  std::string remark;             // what was repaired; empty: nothing
  bool head_lost = false;
  bool unfinished = false;  // size 0 in the header of a member that was never finished
};

// Takes the declared size when a header (or the end) stands behind it, else tries the sizes that
// Home Assistant's known faults lead to, and at last looks for the next header. Throws Error(kIo).
[[nodiscard]] SizeFinding find_true_size(const RandomSource& archive, const OuterHeader& header);
// The offset of the next header of an outer member at or behind `offset`, by reading on; nullopt:
// none.
[[nodiscard]] std::optional<std::uint64_t> find_next_header(const RandomSource& archive,
                                                            std::uint64_t offset);
// The first block at or behind `offset` that is not all zeros; nullopt: none within `limit` bytes.
[[nodiscard]] std::optional<std::uint64_t> find_used_block(const RandomSource& archive,
                                                           std::uint64_t offset,
                                                           std::uint64_t limit);
// `offset + size` rounded up to a tar block; the largest offset there is instead of an overflow.
[[nodiscard]] std::uint64_t padded_end(std::uint64_t offset, std::uint64_t size);

}  // namespace backshelf
