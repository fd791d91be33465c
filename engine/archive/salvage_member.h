// What can be saved of a member that is not sound; part of engine/archive.
#pragma once

#include <set>
#include <stop_token>

#include "engine/archive/export_member.h"
#include "engine/archive/repair_archive.h"

namespace backshelf {

// What one look through a member found: which of its entries are whole.
struct Salvage {
  std::uint64_t kept = 0;           // entries that are whole
  bool has_database = false;        // the recorder's is one of them
  std::set<std::uint64_t> lost_at;  // header offsets of those that are not
  std::vector<LostEntry> lost;      // paths as the folder shows them
};

// Reads every entry to its end: what cannot be believed counts as lost, and so does a hard link to
// it. Throws Error: kInterrupted, kIo.
[[nodiscard]] Salvage look_through(const Member& member, const Member::Content& content,
                                   const OnExported& told, const std::stop_token& stop);

// Those that are whole into a new tar, in their order, with an index. Throws Error: also kDamaged
// when they are not any more. REQUIRES: outer.begin_member()
void repack_salvage(const Member::Content& content, const Salvage& salvage, Level level,
                    OuterWriter& outer, WorkerPool& pool, const OnExported& told,
                    const std::stop_token& stop);

}  // namespace backshelf
