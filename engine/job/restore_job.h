#pragma once

#include <string>

#include "engine/job/running_job.h"

namespace backshelf {

// Returns a line for a person.
[[nodiscard]] std::string restore_backup(const JobParts& parts, const RestoreCommand& command,
                                         JobBoard& board, RunningJob& job, std::stop_token stop);

}  // namespace backshelf
