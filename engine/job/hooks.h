// The user's commands around a backup ([backup] before and after).
#pragma once

#include <functional>

#include "engine/config/config.h"
#include "engine/job/job_board.h"

namespace backshelf {

// Runs `before`, `work`, `after`. A `before` that fails is thrown and `work` does not run; `after`
// runs in every case, and its failure is reported on the board, because the backup stands by then.
// Throws what `work` throws.
void with_hooks(const BackupConfig& config, JobBoard& board, Log& log,
                const std::function<void()>& work);

}  // namespace backshelf
