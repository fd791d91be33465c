// Whether a backup can fit, before anything is written; part of engine/job only.
#pragma once

#include <stop_token>

#include "engine/job/backup_plan.h"

namespace backshelf {

// A file system's free space is that of one moment: what is short by less than this may still fit.
inline constexpr double kSureShare = 0.9;

// Each place that has clearly no room gets its `failure`. What the backup needs is told by the last
// one of the same parts, and, before anybody is refused, by a look at the home of now; without an
// earlier one no place is refused. A place that does not tell its space is left to the writing.
// Throws Error: kNoSpace when no place is left, kInterrupted, and as estimate_part().
void check_space(const JobParts& parts, BackupPlan& plan, std::stop_token stop);

}  // namespace backshelf
