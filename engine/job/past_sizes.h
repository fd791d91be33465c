// How large earlier backups became, kept in the state: what the next one is likely to need. Part
// of engine/job only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/job/backup_plan.h"

namespace backshelf {

struct PastSize {
  std::uint64_t plain_bytes = 0, archive_bytes = 0;
  // Of `plain_bytes` as many as these archives took; REQUIRES: the past ones are not 0.
  [[nodiscard]] std::uint64_t expected(std::uint64_t now_plain_bytes) const;
};

// Of the newest backup with the same parts, compression and excludes; nullopt: there was none.
[[nodiscard]] std::optional<PastSize> find_past_size(const StateStore* state,
                                                     const BackupPlan& plan);
// Of the newest backup, whatever it held.
[[nodiscard]] std::optional<PastSize> find_newest_size(const StateStore* state);
// Throws Error as StateStore::update(). Sizes of 0 say nothing and are not kept.
void remember_size(StateStore& state, const BackupPlan& plan, const PastSize& size);

}  // namespace backshelf
