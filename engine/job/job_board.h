// What waits, what runs, and what became of it: the one shared state of this room.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/guarded.h"
#include "engine/job/jobs.h"

namespace backshelf {

// Thread-safe. Callbacks of on_change() run in the thread that calls notify() or take(), without
// locks: a mount must not tell the kernel of a change from inside the write that made it.
class JobBoard {
 public:
  static constexpr std::size_t kMaxProblems = 20;
  static constexpr std::size_t kMaxQueue = 100;  // lines of a control file gone wild

  // `state` may be null: the last backup is then forgotten with the process. Both are borrowed.
  JobBoard(const Clock& clock, StateStore* state);

  [[nodiscard]] JobsState snapshot() const;

  struct Taken {
    Command command;
    std::stop_token stop;
  };
  // Throws kBusy: a backup while one waits or runs, or too many lines. A verify that waits already
  // is not queued twice.
  void enqueue(const Command& command);
  // Waits for the next command, which then counts as running; nullopt when `stop` was requested.
  // Meanwhile tells of changes that other threads made.
  [[nodiscard]] std::optional<Taken> take(std::stop_token stop);
  // Runs without having waited. Throws kBusy as enqueue().
  [[nodiscard]] Taken begin(const Command& command);
  void end();
  // As Jobs::rename_backup().
  void rename_backup(const std::string& from, const std::string& to);
  // The archive's file name when the running backup is put in place, `planned` unless it was
  // renamed; it cannot be renamed any more.
  [[nodiscard]] std::string final_file(const std::string& planned);

  // The running job (`backup_only`: if it is one) is told to stop, and a waiting backup is dropped;
  // false: there was nothing.
  bool cancel(bool backup_only = false);
  // A verify of this backup alone is dropped, or told to stop.
  void cancel_verify(const std::string& folder);
  [[nodiscard]] bool makes_backup() const;  // one runs or waits
  [[nodiscard]] bool is_idle() const;       // nothing runs or waits
  void close();                             // cancels everything, for good

  void show(const JobProgress& progress);
  void answer(std::string text);  // what became of a queued command
  void report(const std::string& code, const Error& error);
  // What was wrong is right again; `what` empty: every problem of that code.
  void settle(const std::string& code, const std::string& what = {});
  void remember(const LastBackup& last);

  void announce(std::optional<Instant> next_backup);

  void on_change(std::function<void()> call);
  void notify();

 private:
  struct Data {
    JobsState state;
    std::deque<Command> queue;
    std::optional<Command> running;
    std::stop_source stop;
    std::optional<std::string> renamed;  // the running backup's folder
    bool is_final = false;               // and it is too late for that
    bool changed = false;                // and not told yet
    bool closed = false;
  };
  Taken start(Data& data, const Command& command);
  [[nodiscard]] static std::string running_folder(const Data& data);

  const Clock& clock_;
  StateStore* const state_;
  Guarded<Data> data_;
  Guarded<std::vector<std::function<void()>>> calls_;
};

}  // namespace backshelf
