// The queue of things to do and the thread that does them. CLI and daemon run the same jobs.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/log.h"
#include "engine/catalog/catalog.h"
#include "engine/config/config.h"
#include "engine/job/commands.h"
#include "engine/stream/worker_pool.h"

namespace backshelf {

struct JobProgress {
  std::string command, folder, part;
  std::uint64_t files = 0, files_total = 0, bytes = 0, bytes_total = 0;
  double rate = 0;                // bytes per second
  std::int64_t eta_seconds = -1;  // -1: unknown
  Instant started;
};

struct LastBackup {
  struct Place {
    std::string location;
    bool ok = false;
    std::string problem;  // empty when ok
  };
  std::string folder;
  Instant date;
  bool ok = false;                   // it stands complete in one location at least
  std::string problem;               // empty when ok
  std::vector<std::string> skipped;  // "PATH: why"; bounded, the last line may say how many more
  std::vector<Place> locations;      // those it was to go to
};

struct Problem {
  std::string code, what, todo;
  Instant since;
};

// What is happening; a value for status, status.json and progress bars.
struct JobsState {
  std::string state = "idle";  // idle | backup | delete | verify | …
  std::optional<JobProgress> job;
  std::vector<std::string> queue;  // command lines waiting
  std::optional<LastBackup> last_backup;
  std::optional<Instant> next_backup;  // of the schedule; nullopt: there is none
  std::vector<Problem> problems;       // newest last, bounded
  std::vector<std::string> results;    // what became of queued commands; newest last, bounded
};

struct JobParts {
  Catalog& catalog;
  KeySource& keys;
  const Config& config;
  WorkerPool& pool;
  const Clock& clock;
  Log& log;
  bool read_only = false;  // a shelf without configuration: backup and delete are kReadOnly
  // What must survive a restart (the last backup), and the place of the lock between processes;
  // null: nothing survives, and the lock lies in the configuration's state directory.
  StateStore* state = nullptr;
  std::vector<std::string> leave_out;  // stored empty besides our own paths: the mount point
};

// Thread-safe.
class Jobs {
 public:
  [[nodiscard]] static std::unique_ptr<Jobs> make(JobParts parts);
  virtual ~Jobs() = default;  // cancels the running job and joins
  // Queues; a backup while one runs or waits is kBusy. What can be refused at once is (unknown
  // folder, protected, no home). Deletes, pins and undeletes run at once, in the caller's thread.
  // `force` through the control file is refused before this.
  virtual void submit(const Command& command) = 0;
  // Throws what submit() would throw for it, but for another backup being made.
  virtual void check_backup(const BackupCommand& /*command*/) {}
  // The backup that waits or runs under the folder name `from` gets the name `to` and `to`.tar.
  // Throws kNotFound: there is none; kBusy: it is being put in place at this moment.
  virtual void rename_backup(const std::string& from, const std::string& to) = 0;
  // Runs in the caller's thread, with progress; for the command line. Throws what the job throws;
  // result is a line to print.
  virtual std::string run(const Command& command,
                          const std::function<void(const JobProgress&)>& on_progress,
                          std::stop_token stop) = 0;
  virtual void start() = 0;  // the runner thread; the daemon only, after it forked
  [[nodiscard]] virtual JobsState state() const = 0;
  // Called from the runner's thread whenever state() changed noticeably.
  virtual void on_change(std::function<void()> call) = 0;
  // Something outside a job went wrong and belongs into status (a refused delete, a full disk
  // during an upload).
  virtual void report(const std::string& code, const Error& error) = 0;
};

}  // namespace backshelf
