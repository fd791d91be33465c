#include "engine/job/jobs.h"

#include <atomic>
#include <thread>

#include "engine/job/backup_job.h"
#include "engine/job/backup_lock.h"
#include "engine/job/backup_plan.h"
#include "engine/job/change_jobs.h"
#include "engine/job/command_text.h"
#include "engine/job/copy_job.h"
#include "engine/job/preparation.h"
#include "engine/job/prune_job.h"
#include "engine/job/restore_job.h"
#include "engine/job/running_job.h"
#include "engine/job/verify_job.h"

namespace backshelf {
namespace {

constexpr const char* kBackupCode = "backup";
constexpr const char* kAfterCode = "after-backup";

class QueuedJobs final : public Jobs {
 public:
  explicit QueuedJobs(JobParts parts)
      : parts_(std::move(parts)), board_(parts_.clock, parts_.state) {}
  ~QueuedJobs() override {
    board_.close();
    runner_.request_stop();
  }

  void submit(const Command& command) override {
    try {
      board_.answer(std::visit([this](const auto& one) { return accept(one); }, command));
    } catch (const Error& error) {  // cleanup: `control` shows what became of the line
      board_.answer(error.what());
      throw;
    }
  }

  std::string run(const Command& command, const OnProgress& on_progress,
                  std::stop_token stop) override {
    if (!is_long(command)) {
      return std::visit([this](const auto& one) { return accept(one); }, command);
    }
    if (!std::holds_alternative<VerifyCommand>(command)) check_writable();
    (void)board_.begin(command);
    try {
      std::string answer = perform(command, "the command line", on_progress, stop);
      board_.end();
      return answer;
    } catch (...) {  // cleanup: nothing runs any more
      board_.end();
      throw;
    }
  }

  void check_backup(const BackupCommand& command) override {
    check_writable();
    // All that can be refused is refused here, where the one who asked is still listening.
    (void)plan_backup(parts_, command);
    BackupLock::check(parts_);
  }
  void rename_backup(const std::string& from, const std::string& to) override {
    board_.rename_backup(from, to);
  }

  void start() override {
    daemon_ = true;
    const std::string& prepare = parts_.config.mount.prepare;
    if (prepare != "no") {
      const bool all = prepare == "all";
      preparation_ = std::make_unique<Preparation>(
          parts_.catalog, parts_.log, all ? Preparation::Which::kAll : Preparation::Which::kNewest);
    }
    runner_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
  }

  [[nodiscard]] JobsState state() const override { return board_.snapshot(); }
  void on_change(std::function<void()> call) override { board_.on_change(std::move(call)); }
  void report(const std::string& code, const Error& error) override { board_.report(code, error); }

 private:
  static bool is_long(const Command& command) {
    return std::visit([](const auto& one) { return is_long(one); }, command);
  }
  // Queued, and with progress; the others are done at once.
  template <typename One>
  static constexpr bool is_long(const One&) {
    return std::is_same_v<One, BackupCommand> || std::is_same_v<One, RestoreCommand> ||
           std::is_same_v<One, CopyCommand> || std::is_same_v<One, PruneCommand> ||
           std::is_same_v<One, VerifyCommand>;
  }

  void check_writable() const {
    if (!parts_.read_only) return;
    throw Error(ErrorKind::kReadOnly, "the command", "this shelf has no configuration",
                "mount it with one: backshelf mount -c INI MOUNTPOINT");
  }

  std::string accept(const BackupCommand& command) {
    check_backup(command);
    board_.enqueue(command);
    return "the backup is queued";
  }
  std::string accept(const VerifyCommand& command) {
    for (const std::string& folder : command.folders) (void)parts_.catalog.resolve(folder);
    board_.enqueue(command);
    return "the verification is queued";
  }
  std::string accept(const RestoreCommand& command) {
    check_writable();
    (void)parts_.catalog.resolve(command.folder);
    board_.enqueue(command);
    return "the restore is queued";
  }
  std::string accept(const CopyCommand& command) {
    check_writable();
    for (const std::string& folder : command.folders) (void)parts_.catalog.resolve(folder);
    board_.enqueue(command);
    return "the copy is queued";
  }
  std::string accept(const PruneCommand& command) {
    check_writable();
    board_.enqueue(command);
    return "the pruning is queued";
  }
  std::string accept(const DeleteCommand& command) {
    check_writable();
    return delete_backups(parts_, board_, command);
  }
  std::string accept(const UndeleteCommand& command) {
    check_writable();
    return undelete_backups(parts_, command);
  }
  std::string accept(const PinCommand& command) {
    check_writable();
    return pin_backups(parts_, command);
  }
  std::string accept(const CancelCommand& command) {
    return board_.cancel(command.backup_only) ? "cancelled" : "there was nothing to cancel";
  }

  void loop(const std::stop_token& stop) {
    while (const auto taken = board_.take(stop)) {
      std::string answer;
      try {
        answer = perform(taken->command, "the daemon", {}, taken->stop);
      } catch (const Error& error) {  // boundary: the job runner
        answer = error.what();
      } catch (const std::exception& error) {  // boundary: the job runner
        answer = error.what();
        parts_.log.error(answer);
      }
      board_.answer(concat(command_verb(taken->command), ": ", answer));
      board_.end();
    }
  }

  // REQUIRES: the board says that `command` runs.
  std::string perform(const Command& command, const std::string& who, const OnProgress& on_progress,
                      const std::stop_token& stop) {
    JobProgress first;
    first.command = command_text(command);
    first.started = parts_.clock.now();
    RunningJob job(board_, parts_.clock, std::move(first), on_progress);
    if (const auto* const verify = std::get_if<VerifyCommand>(&command)) {
      return verify_backups(parts_, *verify, board_, job, stop);
    }
    if (const auto* const restore = std::get_if<RestoreCommand>(&command)) {
      return restore_backup(parts_, *restore, board_, job, stop);
    }
    if (const auto* const copy = std::get_if<CopyCommand>(&command)) {
      return copy_backups(parts_, *copy, board_, job, stop);
    }
    if (const auto* const prune = std::get_if<PruneCommand>(&command)) {
      return prune_backups(parts_, *prune, board_, job, stop);
    }
    return back_up(std::get<BackupCommand>(command), who, job, stop);
  }

  std::string back_up(const BackupCommand& command, const std::string& who, RunningJob& job,
                      const std::stop_token& stop) {
    try {
      const BackupOutcome outcome = make_backup(parts_, command, who, board_, job, stop);
      succeeded(outcome);
      if (outcome.partial) throw *outcome.partial;
      return describe(outcome);
    } catch (const Error& error) {  // boundary: a backup that failed is remembered as such
      if (error.kind() != ErrorKind::kPartial) failed(error, job);
      throw;
    }
  }

  void succeeded(const BackupOutcome& outcome) {
    board_.settle(kBackupCode);
    board_.settle(kAfterCode);
    afterwards([&] { board_.remember(outcome.last); });
    parts_.log.info(describe(outcome));
    if (outcome.partial) {
      parts_.log.error(outcome.partial->what());
      board_.report(kBackupCode, *outcome.partial);
    }
    // Before this job counts as done, so that nobody sees an idle daemon in between.
    if (!daemon_) return;
    for (const std::string& folder : outcome.folders) {
      afterwards([&] { board_.enqueue(VerifyCommand{{folder}}); });
    }
  }

  // What follows a backup cannot make it fail.
  template <typename Call>
  void afterwards(const Call& call) {
    try {
      call();
    } catch (const Error& error) {  // isolation: the backup is what it is
      parts_.log.error(error.what());
      board_.report(kAfterCode, error);
    }
  }

  void failed(const Error& error, const RunningJob& job) {
    if (error.kind() == ErrorKind::kInterrupted || error.kind() == ErrorKind::kBusy) return;
    parts_.log.error(error.what());
    board_.report(kBackupCode, error);
    LastBackup last;
    last.folder = job.progress().folder;
    last.date = parts_.clock.now();
    last.problem = error.what();
    afterwards([&] { board_.remember(last); });
  }

  const JobParts parts_;
  JobBoard board_;
  std::atomic<bool> daemon_ = false;
  std::unique_ptr<Preparation> preparation_;
  std::jthread runner_;  // last: it uses all of the above
};

}  // namespace

std::unique_ptr<Jobs> Jobs::make(JobParts parts) {
  return std::make_unique<QueuedJobs>(std::move(parts));
}

}  // namespace backshelf
