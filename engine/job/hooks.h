// The user's commands around a backup or a restore (`before` and `after` of its section).
#pragma once

#include <functional>
#include <string>

#include "engine/config/config.h"
#include "engine/job/job_board.h"

namespace backshelf {

struct HookCommands {
  std::string section;  // of the INI, for messages: "backup"
  std::string before, after;
  std::chrono::seconds timeout = std::chrono::minutes(10);
};

// Runs `before`, `work`, `after`. A `before` that fails is thrown and `work` does not run; `after`
// runs in every case, and its failure is reported on the board, because the work stands by then.
// Throws what `work` throws.
void with_hooks(const HookCommands& hooks, JobBoard& board, Log& log,
                const std::function<void()>& work);
void with_hooks(const BackupConfig& config, JobBoard& board, Log& log,
                const std::function<void()>& work);
// `before` alone, for work that another process began and this one ends. Throws as with_hooks().
void run_before_hook(const HookCommands& hooks);
// `after` alone, for work that another process began. Its failure is reported, if there is a board.
void run_after_hook(const HookCommands& hooks, JobBoard* board, Log& log);

}  // namespace backshelf
