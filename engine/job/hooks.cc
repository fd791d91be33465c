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

void run_hook(const char* name, const std::string& command, std::chrono::seconds limit) {
  if (command.empty()) return;
  const std::string what = concat("the command '", name, "' of [backup]");
  const CommandResult result = execute(what, command, limit);
  if (result.exit_code == 0) return;
  std::string why = concat("it ended with code ", result.exit_code);
  const std::size_t end = result.complaint.find_last_not_of(" \n\r\t");
  if (end != std::string::npos) why += concat(": ", result.complaint.substr(0, end + 1));
  throw Error(ErrorKind::kIo, what, why, "run it by hand to see why");
}

void run_after(const BackupConfig& config, JobBoard& board, Log& log) {
  try {
    run_hook("after", config.after, config.timeout);
  } catch (const Error& error) {  // isolation: the backup is as good as it is without this
    log.error(error.what());
    board.report("hook", error);
  }
}

}  // namespace

void with_hooks(const BackupConfig& config, JobBoard& board, Log& log,
                const std::function<void()>& work) {
  try {
    run_hook("before", config.before, config.timeout);
    work();
  } catch (...) {  // cleanup: what `before` stopped must be started again
    run_after(config, board, log);
    throw;
  }
  run_after(config, board, log);
}

}  // namespace backshelf
