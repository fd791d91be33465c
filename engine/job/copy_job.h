#pragma once

#include <string>

#include "engine/job/running_job.h"

namespace backshelf {

// Returns a line for a person.
[[nodiscard]] std::string copy_backups(const JobParts& parts, const CopyCommand& command,
                                       JobBoard& board, RunningJob& job, std::stop_token stop);

}  // namespace backshelf
