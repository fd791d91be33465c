// The members of the outer tar, with the damage that HA itself writes repaired while reading.
#pragma once

#include <string>
#include <vector>

#include "engine/base/entry.h"
#include "engine/stream/source.h"

namespace backshelf {

struct OuterMember {
  std::string name;  // as stored, without a leading "./"
  EntryType type = EntryType::kFile;
  std::uint64_t header_offset = 0, data_offset = 0;
  std::uint64_t size = 0;       // the true size, after repair
  std::uint64_t available = 0;  // bytes of it that the file really holds (less when cut)
  Timestamp mtime;
  std::string remark;      // what was repaired, or why it is not followed; empty when nothing
  bool head_lost = false;  // Supervisor 2024.02.0 overwrote its first 1024 bytes
  // Its header has no size: the backup was broken off. `size` is what lies up to the next header.
  bool unfinished = false;
  // Records of securetar 2025.1.x's development format ("_securetar.version"), if present.
  bool securetar_pax_v2 = false;
};

struct OuterTable {
  std::vector<OuterMember> members;  // in file order; metadata included
  bool is_tar = true;                // false: not even one valid header
  bool truncated =
      false;  // ends before the end of its last member, or a size-0 header with data behind it
  bool end_is_marked = true;  // false: it ends behind a whole member, without a tar's zeros
  std::string problem;        // what is wrong with the outer tar; empty when sound
};

inline constexpr std::size_t kMaxOuterMembers = 4000;  // HA has one per app; the rest is hostile

// Reads headers only. Throws Error(kIo) alone; anything else about the bytes is in the table.
[[nodiscard]] OuterTable read_outer_table(const RandomSource& archive);

}  // namespace backshelf
