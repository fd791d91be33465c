// One member on its way into another archive; part of engine/archive.
#pragma once

#include <functional>
#include <stop_token>

#include "engine/archive/export_archive.h"
#include "engine/archive/member.h"
#include "engine/archive/write_outer.h"

namespace backshelf {

// Called with the number of bytes of the member that are done.
using OnExported = std::function<void(std::uint64_t)>;

// What of the member is left out. Paths are those of its tar, cleaned (RelPath).
class LeftOut {
 public:
  // Both are borrowed. REQUIRES: plan.leaves_out
  LeftOut(const ExportPlan& plan, const PlacedPart& place, const Member::Content& content)
      : plan_(plan), place_(place), content_(content) {}
  [[nodiscard]] bool has(const RelPath& path) const;
  [[nodiscard]] bool any() const;

 private:
  const ExportPlan& plan_;
  const PlacedPart& place_;
  const Member::Content& content_;
};

// The inner stream as it is, with an index of its own again when it had one. Throws what reading
// and writing throw, kInterrupted on request. REQUIRES: outer.begin_member()
void copy_member(const OpenedMember& opened, OuterWriter& outer, const OnExported& told,
                 std::stop_token stop);

// Every entry in the tar's order into a new tar, with an index; returns how many were left out. A
// hard link whose file is left out becomes that file. `left_out`: null: nothing is. Throws Error:
// also kDamaged. REQUIRES: outer.begin_member(); level is of gzip or none
std::uint64_t repack_member(const Member::Content& content, const LeftOut* left_out, Level level,
                            OuterWriter& outer, WorkerPool& pool, const OnExported& told,
                            std::stop_token stop);

}  // namespace backshelf
