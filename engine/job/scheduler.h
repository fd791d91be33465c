// What the daemon does by itself: the automatic backup when it is due, the verification of what was
// not read for long, and the look whether the newest backup is too old.
#pragma once

#include <map>
#include <memory>
#include <stop_token>
#include <thread>

#include "engine/base/guarded.h"
#include "engine/job/job_board.h"
#include "engine/job/schedule_state.h"

namespace backshelf {

inline constexpr const char* kStaleCode = "stale";  // of the problem that backups are too old

// Thread-safe but for start() and close(). It queues commands on the board and never waits for
// them, so it never runs two backups at once.
class Scheduler {
 public:
  // Both are borrowed. Takes up what the state says of the time before this process.
  Scheduler(const JobParts& parts, JobBoard& board);

  void start();  // its thread; the daemon only, after it forked
  void
  close();  // ends the thread; an interrupted run is from now on due again after the next start

  // One look at the clock, the board and the shelf: queues what is due. Returns how long nothing
  // can become due but by a jump of the clock or another job's end.
  std::chrono::milliseconds look();

  enum class Outcome { kDone, kFailed, kBusy, kCancelled };
  // What became of the automatic backup, told before the board says that it ended.
  void ended(Outcome outcome);

 private:
  struct Data {
    ScheduleState state;
    bool closed = false, changed = false;
    BackupPtr verifies = {};  // its verification was queued here and may run
    std::optional<std::chrono::steady_clock::time_point> verify_after =
        {};                                       // the next one, at best
    std::optional<Instant> stale_since = {};      // of the newest backup, while it is too old
    std::map<std::uint32_t, Instant> tried = {};  // slots of the shelf, verified at our wish
  };

  [[nodiscard]] static ScheduleState loaded(const JobParts& parts,
                                            const std::optional<Schedule>& schedule);
  void run(const std::stop_token& stop);
  [[nodiscard]] std::chrono::milliseconds look_safely();
  [[nodiscard]] std::chrono::milliseconds follow_schedule(Data& data, Instant now);
  [[nodiscard]] Instant due(const Data& data, Instant now) const;
  void settle(Data& data, Instant now);
  [[nodiscard]] bool begin_backup(Data& data, Instant now);
  void verify_oldest(Data& data, Instant now);
  void check_age(Data& data, Instant now);
  [[nodiscard]] BackupPtr due_for_verification(const Data& data, Instant now) const;
  [[nodiscard]] Instant newest_backup(const Data& data, Instant now) const;
  void save(const Data& data);

  const JobParts& parts_;
  JobBoard& board_;
  const std::optional<Schedule> schedule_;
  const Instant started_;
  const std::chrono::steady_clock::time_point started_steady_;
  Guarded<Data> data_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace backshelf
