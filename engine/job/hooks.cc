#include "engine/job/hooks.h"

#include "engine/process/command.h"

namespace backshelf {
namespace {

constexpr std::size_t kHookOutputBytes = 16 * kMiB;  // of a talkative script; thrown away

CommandResult execute(const std::string& what, const std::string& command,
                      std::chrono::seconds limit) {
  try {
    return run_command(command, limit, kHookOutputBytes);
  } catch (const Error& error) {  // boundary: told as the user's own command
    throw Error(error.kind(), what, error.why(), "run it by hand, or raise timeout in [backup]");
  }
}

void run_hook(const HookCommands& hooks, const char* name, const std::string& command) {
  if (command.empty()) return;
  const std::string what = concat("the command '", name, "' of [", hooks.section, "]");
  const CommandResult result = execute(what, command, hooks.timeout);
  if (result.exit_code == 0) return;
  std::string why = concat("it ended with code ", result.exit_code);
  const std::size_t end = result.complaint.find_last_not_of(" \n\r\t");
  if (end != std::string::npos) why += concat(": ", result.complaint.substr(0, end + 1));
  throw Error(ErrorKind::kIo, what, why, "run it by hand to see why");
}

}  // namespace

void run_before_hook(const HookCommands& hooks) {
  run_hook(hooks, "before", hooks.before);
}

void run_after_hook(const HookCommands& hooks, JobBoard* board, Log& log) {
  try {
    run_hook(hooks, "after", hooks.after);
  } catch (const Error& error) {  // isolation: the work is as good as it is without this
    log.error(error.what());
    if (board != nullptr) board->report("hook", error);
  }
}

void with_hooks(const HookCommands& hooks, JobBoard& board, Log& log,
                const std::function<void()>& work) {
  try {
    run_hook(hooks, "before", hooks.before);
    work();
  } catch (...) {  // cleanup: what `before` stopped must be started again
    run_after_hook(hooks, &board, log);
    throw;
  }
  run_after_hook(hooks, &board, log);
}

void with_hooks(const BackupConfig& config, JobBoard& board, Log& log,
                const std::function<void()>& work) {
  with_hooks({"backup", config.before, config.after, config.timeout}, board, log, work);
}

}  // namespace backshelf
