// Reading every byte of backups, and remembering what was found.
#pragma once

#include <string>

#include "engine/job/running_job.h"

namespace backshelf {

// Returns a line for a person. Every backup is read, whatever the others turned out to be; then
// throws the error of the only one, or, of several: kDamaged when one of them is damaged, kPartial
// when one cannot be verified. Throws kInterrupted at once.
[[nodiscard]] std::string verify_backups(const JobParts& parts, const VerifyCommand& command,
                                         JobBoard& board, RunningJob& job, std::stop_token stop);

}  // namespace backshelf
