// One backup from beginning to end: plan, hooks, write, commit, adopt.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/job/running_job.h"

namespace backshelf {

struct BackupOutcome {
  LastBackup last;
  std::vector<std::string> folders;  // of every copy; the first one stands in `last`
  std::uint64_t files = 0, bytes = 0;
  std::string earlier;  // what became of a restore that a crash interrupted; empty: there was none
  std::optional<Error> partial;  // kPartial: it stands in one location, and not in another
};

// `who` makes it, for others who want to at the same time. Throws Error: as plan_backup(); kBusy;
// kInterrupted; kNeedsKey; the first location's error when none took it. What was thrown left
// nothing behind.
[[nodiscard]] BackupOutcome make_backup(const JobParts& parts, const BackupCommand& command,
                                        const std::string& who, JobBoard& board, RunningJob& job,
                                        std::stop_token stop);
// A line for a person.
[[nodiscard]] std::string describe(const BackupOutcome& outcome);

}  // namespace backshelf
