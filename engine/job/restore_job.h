// One restore from beginning to end: plan, stage, hooks, exchange, and the old content goes.
#pragma once

#include <string>

#include "engine/job/restore_plan.h"
#include "engine/job/running_job.h"

namespace backshelf {

// A backup of the shelf, into the configured home. Returns a line for a person. Throws Error: as
// plan_restore(); kBusy (a backup or a restore runs); what a hook `before` ends with; kInterrupted,
// before anything was exchanged; kPartial when the home is restored but the old content could not
// be removed. Whatever else was thrown left the home as it was.
[[nodiscard]] std::string restore_backup(const JobParts& parts, const RestoreCommand& command,
                                         JobBoard& board, RunningJob& job, std::stop_token stop);
// The same from an archive that is not on the shelf.
[[nodiscard]] std::string restore_archive(const JobParts& parts, Archive& archive,
                                          const RestoreOrder& order, JobBoard& board,
                                          RunningJob& job, std::stop_token stop);
// Into a folder that becomes a home: no configuration needed. `root` is made when it is missing.
// Throws as restore_backup(); kUsage when it holds one of the parts already.
[[nodiscard]] std::string restore_new_home(Archive& archive, const RestoreOrder& order,
                                           const std::string& root, Log& log, JobBoard& board,
                                           RunningJob& job, std::stop_token stop);

}  // namespace backshelf
