// After a crash in the middle of a restore: all old or all new, before anything else is done.
#pragma once

#include <string>

#include "engine/job/hooks.h"
#include "engine/job/jobs.h"
#include "engine/job/restore_journal.h"

namespace backshelf {

// Exchanges by the journal and makes it durable (the journal too). When that fails, takes it all
// back and throws why; `journal` then says kStage. Throws Error(kIo) and leaves everything for the
// next try when it can be neither finished nor taken back.
void exchange_or_take_back(RestoreJournal& journal, const std::string& path);

// On disk nothing says any more that an exchange may have begun. REQUIRES: the home is old. Throws
// Error, and the holders must then stay as they are.
void forget_exchange(RestoreJournal& journal, const std::string& path);

// Finishes or takes back what `path` tells of, runs `after` when it is due, removes what lies
// beside, says in the log what it did. No journal: nothing to do. REQUIRES: nobody restores at this
// moment. Throws Error; the journal then stays for the next try. `board` may be null. Returns what
// it did, for a person; empty: nothing.
std::string finish_restore(const std::string& path, const HookCommands& hooks, JobBoard* board,
                           Log& log);

// The configured home's journal and hooks. The path is empty without a state directory.
[[nodiscard]] std::string restore_journal_path(const JobParts& parts);
[[nodiscard]] HookCommands restore_hooks(const Config& config);
// Whether there is anything to finish, or a restore runs at this moment.
[[nodiscard]] bool is_restore_interrupted(const JobParts& parts);
// finish_restore() for the configured home. REQUIRES: the caller holds the BackupLock.
std::string finish_interrupted_restore(const JobParts& parts);

}  // namespace backshelf
