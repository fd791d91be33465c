#include "engine/job/long_jobs.h"

#include "engine/job/backup_job.h"
#include "engine/job/command_text.h"
#include "engine/job/copy_job.h"
#include "engine/job/prune_job.h"
#include "engine/job/restore_job.h"
#include "engine/job/verify_job.h"

namespace backshelf {
namespace {

constexpr const char* kBackupCode = "backup";
constexpr const char* kAfterCode = "after-backup";
constexpr const char* kCopyCode = "copy";

template <typename One>
constexpr bool is_one_of_the_long(const One&) {
  return std::is_same_v<One, BackupCommand> || std::is_same_v<One, RestoreCommand> ||
         std::is_same_v<One, CopyCommand> || std::is_same_v<One, PruneCommand> ||
         std::is_same_v<One, VerifyCommand>;
}

Scheduler::Outcome outcome_of(const Error& error) {
  if (error.kind() == ErrorKind::kInterrupted) return Scheduler::Outcome::kCancelled;
  if (error.kind() == ErrorKind::kBusy) return Scheduler::Outcome::kBusy;
  return Scheduler::Outcome::kFailed;
}

}  // namespace

bool LongJobs::is_long(const Command& command) {
  return std::visit([](const auto& one) { return is_one_of_the_long(one); }, command);
}

void LongJobs::serve(Scheduler* scheduler) {
  daemon_ = true;
  scheduler_ = scheduler;
}

std::string LongJobs::perform(const Command& command, const std::string& who,
                              const OnProgress& on_progress, const std::stop_token& stop) {
  JobProgress first;
  first.command = command_text(command);
  first.started = parts_.clock.now();
  RunningJob job(board_, parts_.clock, std::move(first), on_progress);
  if (const auto* const verify = std::get_if<VerifyCommand>(&command)) {
    return verify_backups(parts_, *verify, board_, job, stop);
  }
  if (const auto* const restore = std::get_if<RestoreCommand>(&command)) {
    return restore_home(*restore, job, stop);
  }
  if (const auto* const copy = std::get_if<CopyCommand>(&command)) {
    return copy_over(*copy, job, stop);
  }
  if (const auto* const prune = std::get_if<PruneCommand>(&command)) {
    return prune_backups(parts_, *prune, board_, job, stop);
  }
  return back_up(std::get<BackupCommand>(command), who, job, stop);
}

std::string LongJobs::restore_home(const RestoreCommand& command, RunningJob& job,
                                   const std::stop_token& stop) {
  try {
    std::string answer = restore_backup(parts_, command, board_, job, stop);
    board_.settle(kRestoreProblem);
    return answer;
  } catch (const Error& error) {  // boundary: a restore that failed is in the status
    if (error.kind() != ErrorKind::kInterrupted && error.kind() != ErrorKind::kBusy) {
      parts_.log.error(error.what());
      board_.report(kRestoreProblem, error);
    }
    throw;
  }
}

std::string LongJobs::back_up(const BackupCommand& command, const std::string& who, RunningJob& job,
                              const std::stop_token& stop) {
  try {
    const BackupOutcome outcome = make_backup(parts_, command, who, board_, job, stop);
    succeeded(outcome, command.automatic);
    tell_scheduler(command, Scheduler::Outcome::kDone);
    if (outcome.partial) throw *outcome.partial;
    return describe(outcome);
  } catch (const Error& error) {  // boundary: a backup that failed is remembered as such
    if (error.kind() == ErrorKind::kPartial) throw;
    failed(error, job);
    tell_scheduler(command, outcome_of(error));
    throw;
  }
}

void LongJobs::tell_scheduler(const BackupCommand& command, Scheduler::Outcome outcome) {
  if (command.automatic && scheduler_) scheduler_->ended(outcome);
}

void LongJobs::succeeded(const BackupOutcome& outcome, bool automatic) {
  board_.settle(kBackupCode);
  board_.settle(kAfterCode);
  afterwards([&] { board_.remember(outcome.last); });
  parts_.log.info(describe(outcome));
  if (outcome.partial) {
    parts_.log.error(outcome.partial->what());
    board_.report(kBackupCode, *outcome.partial);
  }
  verify_later(outcome.folders);
  // Looks by itself whether the verification found the new one good.
  if (daemon_ && automatic) afterwards([&] { board_.enqueue(PruneCommand{}); });
}

// Before this job counts as done, so that nobody sees an idle daemon in between.
void LongJobs::verify_later(const std::vector<std::string>& folders) {
  if (!daemon_) return;
  for (const std::string& folder : folders) {
    afterwards([&] { board_.enqueue(VerifyCommand{{folder}}); });
  }
}

std::string LongJobs::copy_over(const CopyCommand& command, RunningJob& job,
                                const std::stop_token& stop) {
  const CopyOutcome outcome = copy_backups(parts_, command, job, stop);
  board_.settle(kCopyCode);
  afterwards([&] { complete_last_backup(outcome); });
  verify_later(outcome.folders);
  if (!outcome.failure) return outcome.answer;
  board_.report(kCopyCode, *outcome.failure);
  throw Error(*outcome.failure);
}

// What the last backup could not reach, a copy of it may have filled.
void LongJobs::complete_last_backup(const CopyOutcome& outcome) {
  std::optional<LastBackup> last = board_.snapshot().last_backup;
  if (!last || !mark_copied(*last, outcome)) return;
  board_.remember(*last);
  if (is_everywhere(*last)) board_.settle(kBackupCode);
}

// What follows a backup cannot make it fail.
void LongJobs::afterwards(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {  // isolation: the backup is what it is
    parts_.log.error(error.what());
    board_.report(kAfterCode, error);
  }
}

void LongJobs::failed(const Error& error, const RunningJob& job) {
  if (error.kind() == ErrorKind::kInterrupted || error.kind() == ErrorKind::kBusy) return;
  parts_.log.error(error.what());
  board_.report(kBackupCode, error);
  LastBackup last;
  last.folder = job.progress().folder;
  last.date = parts_.clock.now();
  last.problem = error.what();
  afterwards([&] { board_.remember(last); });
}

}  // namespace backshelf
