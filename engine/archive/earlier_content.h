// What an earlier backup holds and the next one need not make anew.
#pragma once

#include <string_view>
#include <vector>

#include "engine/base/entry.h"
#include "engine/deflate/segment.h"

namespace backshelf {

// Thread-safe.
class EarlierContent : public SegmentReuse {
 public:
  // A compressed segment, and where it lies in the earlier archive.
  struct Place {
    std::uint32_t member = 0;
    std::uint64_t offset = 0;  // in the inner stream
    Segment segment;
  };
  // All segments of a large file's body, when `stat`, size, times and path say that the file is the
  // one that was stored: it need not be read. Empty: nothing says so. `member_stem`: of the part's
  // member ("homeassistant").
  [[nodiscard]] virtual std::vector<Place> unchanged(std::string_view member_stem,
                                                     const Entry& entry,
                                                     const FileStat& stat) const = 0;
  // The segment's bytes. False: they cannot be read, or are not what the table says.
  [[nodiscard]] virtual bool read(const Place& place, ByteVec& packed) const noexcept = 0;
};

}  // namespace backshelf
