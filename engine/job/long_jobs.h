// The commands that take long: does one, and sees to it that what became of it is remembered.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/job/commands.h"
#include "engine/job/job_board.h"
#include "engine/job/jobs.h"
#include "engine/job/running_job.h"
#include "engine/job/scheduler.h"

namespace backshelf {

inline constexpr const char* kRestoreProblem = "restore";  // code of a problem in the status

struct BackupOutcome;
struct CopyOutcome;

// One thread at a time.
class LongJobs {
 public:
  // Both must outlive it.
  LongJobs(const JobParts& parts, JobBoard& board) : parts_(parts), board_(board) {}

  // Queued, and with progress; the others are done at once.
  [[nodiscard]] static bool is_long(const Command& command);
  // From now on what follows a job is queued: there is a daemon that will do it. `scheduler` may be
  // null, and is told what became of its backups.
  void serve(Scheduler* scheduler);
  // Returns what to answer. REQUIRES: is_long(command), and the board says that it runs. Throws
  // Error as the job does; the status then has it.
  [[nodiscard]] std::string perform(const Command& command, const std::string& who,
                                    const OnProgress& on_progress, const std::stop_token& stop);

 private:
  std::string restore_home(const RestoreCommand& command, RunningJob& job,
                           const std::stop_token& stop);
  std::string back_up(const BackupCommand& command, const std::string& who, RunningJob& job,
                      const std::stop_token& stop);
  std::string copy_over(const CopyCommand& command, RunningJob& job, const std::stop_token& stop);
  void succeeded(const BackupOutcome& outcome, bool automatic);
  void failed(const Error& error, const RunningJob& job);
  void verify_later(const std::vector<std::string>& folders);
  void complete_last_backup(const CopyOutcome& outcome);
  void afterwards(const std::function<void()>& call);
  void tell_scheduler(const BackupCommand& command, Scheduler::Outcome outcome);

  const JobParts& parts_;
  JobBoard& board_;
  Scheduler* scheduler_ = nullptr;
  bool daemon_ = false;
};

}  // namespace backshelf
