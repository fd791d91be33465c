#include "engine/job/jobs.h"

#include <thread>

#include "engine/job/backup_lock.h"
#include "engine/job/backup_plan.h"
#include "engine/job/change_jobs.h"
#include "engine/job/command_text.h"
#include "engine/job/copy_job.h"
#include "engine/job/long_jobs.h"
#include "engine/job/notifier.h"
#include "engine/job/preparation.h"
#include "engine/job/restore_recovery.h"
#include "engine/job/scheduler.h"

namespace backshelf {
namespace {

class QueuedJobs final : public Jobs {
 public:
  explicit QueuedJobs(JobParts parts)
      : parts_(std::move(parts)), board_(parts_.clock, parts_.state), long_jobs_(parts_, board_) {}
  ~QueuedJobs() override {
    if (scheduler_) scheduler_->close();
    board_.close();
    runner_.request_stop();
  }

  void submit(const Command& command) override {
    (void)std::visit([this](const auto& one) { return accept(one); }, command);
  }

  std::string run(const Command& command, const OnProgress& on_progress,
                  std::stop_token stop) override {
    if (!LongJobs::is_long(command)) {
      return std::visit([this](const auto& one) { return accept(one); }, command);
    }
    if (!std::holds_alternative<VerifyCommand>(command)) check_writable();
    (void)board_.begin(command);
    try {
      std::string answer = long_jobs_.perform(command, "the command line", on_progress, stop);
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
    const std::string& prepare = parts_.config.mount.prepare;
    if (prepare != "no") {
      const bool all = prepare == "all";
      preparation_ = std::make_unique<Preparation>(
          parts_.catalog, parts_.log, all ? Preparation::Which::kAll : Preparation::Which::kNewest);
    }
    if (!parts_.read_only) {
      scheduler_ = std::make_unique<Scheduler>(parts_, board_);
      if (!parts_.config.notify_command.empty()) {
        notifier_ = std::make_unique<Notifier>(parts_, board_);
      }
    }
    long_jobs_.serve(scheduler_.get());
    runner_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
    if (scheduler_) scheduler_->start();
  }

  [[nodiscard]] JobsState state() const override { return board_.snapshot(); }
  void on_change(std::function<void()> call) override { board_.on_change(std::move(call)); }
  void report(const std::string& code, const Error& error) override { board_.report(code, error); }

 private:
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
    BackupLock::check(parts_);
    board_.enqueue(command);
    return "the restore is queued";
  }
  std::string accept(const CopyCommand& command) {
    check_writable();
    check_copy(parts_, command);
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

  // Before any job: whatever a power loss interrupted.
  void recover() {
    try {
      const BackupLock lock = BackupLock::take(parts_, "the daemon");
      (void)finish_interrupted_restore(parts_);  // the log has it
    } catch (const Error& error) {               // isolation: the shelf is there nevertheless
      if (error.kind() == ErrorKind::kBusy) return;
      parts_.log.error(error.what());
      board_.report(kRestoreProblem, error);
    }
  }

  void loop(const std::stop_token& stop) {
    if (is_restore_interrupted(parts_)) recover();
    while (const auto taken = board_.take(stop)) {
      std::string answer;
      try {
        answer = long_jobs_.perform(taken->command, "the daemon", {}, taken->stop);
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

  const JobParts parts_;
  JobBoard board_;
  LongJobs long_jobs_;
  std::unique_ptr<Preparation> preparation_;
  std::unique_ptr<Scheduler> scheduler_;
  std::unique_ptr<Notifier> notifier_;
  std::jthread runner_;  // last: it uses all of the above
};

}  // namespace

std::unique_ptr<Jobs> Jobs::make(JobParts parts) {
  return std::make_unique<QueuedJobs>(std::move(parts));
}

}  // namespace backshelf
