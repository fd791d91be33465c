// Which backup the running job reads, so that nobody deletes it under that job.
#pragma once

#include <string>

#include "engine/job/jobs.h"

namespace backshelf {

// Throws Error(kBusy) while the backup of that folder is restored or copied. Its archive would
// stay readable to the job; but who deletes it just then is mistaken.
void check_not_in_use(const JobsState& now, const std::string& folder);

}  // namespace backshelf
