// The new content, written out beside what it will replace; which is also the check of the archive.
#pragma once

#include "engine/job/restore_journal.h"
#include "engine/job/restore_plan.h"
#include "engine/job/running_job.h"

namespace backshelf {

// The folders of a journal for this plan, and nothing on disk.
[[nodiscard]] RestoreJournal journal_for(const RestorePlan& plan, std::string job);
// Makes the holders, and extracts every target into its own, with its mark; synced when it returns.
// Sets the attributes of the journal's folders. Throws the first Error there is: of the archive
// (kDamaged, kTruncated …), kNoSpace, kIo, kInterrupted. What it made then stays for
// remove_holders().
void stage_content(Archive& archive, const RestoreOrder& order, const RestorePlan& plan,
                   RestoreJournal& journal, RunningJob& job, std::stop_token stop);

}  // namespace backshelf
