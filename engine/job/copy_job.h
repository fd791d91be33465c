// Archives of the shelf, copied as they are into other locations.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/job/running_job.h"

namespace backshelf {

struct CopyOutcome {
  std::string answer;                // what was done, a line for a person; may be empty
  std::vector<std::string> folders;  // of the new copies: to be verified
  std::vector<std::string> backups;  // those that were named, by folder
  std::vector<std::string> places;   // where every one of them lies now
  std::optional<Error> failure;      // of what could not be copied; kPartial when something was
};

// Never overwrites anything. A copy that is there already, by slug, date, name, members and size,
// counts as done. Throws Error: kUsage, kNotFound before anything was done;
// kInterrupted, which leaves the copies that are complete.
[[nodiscard]] CopyOutcome copy_backups(const JobParts& parts, const CopyCommand& command,
                                       RunningJob& job, std::stop_token stop);
// What this copy made good of the last backup; returns whether it was anything.
bool mark_copied(LastBackup& last, const CopyOutcome& outcome);
[[nodiscard]] bool is_everywhere(const LastBackup& last);
// Throws what copy_backups() would throw before doing anything.
void check_copy(const JobParts& parts, const CopyCommand& command);

}  // namespace backshelf
