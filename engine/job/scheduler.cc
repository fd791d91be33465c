#include "engine/job/scheduler.h"

#include <algorithm>

#include "engine/job/backup_lock.h"

namespace backshelf {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kLongestWait(60);  // a clock that jumps is seen within this time
constexpr milliseconds kShortestWait(1);
constexpr milliseconds kBusyWait(1000);  // while something else must end first
constexpr std::chrono::hours kDay(24);
// From one verification to the next: a shelf never read before must not keep its disks busy for
// days.
constexpr std::chrono::hours kVerifyPace(1);
constexpr std::chrono::minutes kSettleTime(5);  // network disks of a machine that has just started
constexpr const char* kScheduleCode = "schedule";

std::string rule_of(const AutomaticConfig& config) {
  return concat(config.days, " ", config.time);
}

std::string seed_of(const JobParts& parts) {
  return parts.state == nullptr ? std::string() : parts.state->installation();
}

BackupCommand automatic_backup(const AutomaticConfig& config) {
  BackupCommand command;
  command.automatic = true;
  command.full = config.full;
  command.parts = config.parts;
  command.to = config.locations;
  return command;
}

// At which a backup is read again, so that it was read within verify_days when that takes a while.
seconds verify_age(const AutomaticConfig& config) {
  return seconds(kDay) * config.verify_days * 9 / 10;
}

std::string shown(seconds time) {
  const auto whole_days = std::chrono::duration_cast<std::chrono::days>(time);
  return time == whole_days && time > seconds(0) ? concat(whole_days.count(), "d")
                                                 : concat(time.count(), "s");
}

}  // namespace

Scheduler::Scheduler(const JobParts& parts, JobBoard& board)
    : parts_(parts),
      board_(board),
      schedule_(schedule_of(parts.config.automatic, seed_of(parts))),
      started_(parts.clock.now()),
      started_steady_(parts.clock.steady()),
      data_(Data{.state = loaded(parts, schedule_), .verifies = nullptr, .tried = {}}) {}

ScheduleState Scheduler::loaded(const JobParts& parts, const std::optional<Schedule>& schedule) {
  ScheduleState state;
  if (parts.state != nullptr) state = parse_schedule_state(parts.state->member(kScheduleKey));
  state.after_restart();
  if (schedule) state.take_rule(rule_of(parts.config.automatic), parts.clock.now());
  return state;
}

void Scheduler::start() {
  if (schedule_) data_.with([this](Data& data) { save(data); });
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Scheduler::close() {
  data_.with([](Data& data) { data.closed = true; });
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Scheduler::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const milliseconds wait = look_safely();
    data_.wait_for(
        stop, wait, [](const Data& data) { return data.changed; },
        [](Data& data) { data.changed = false; });
  }
}

milliseconds Scheduler::look_safely() {
  try {
    return look();
  } catch (const Error& error) {  // isolation: the next look may succeed
    parts_.log.error(error.what());
    board_.report(kScheduleCode, error);
    return kLongestWait;
  }
}

milliseconds Scheduler::look() {
  return data_.with([this](Data& data) -> milliseconds {
    if (data.closed) return kLongestWait;
    const Instant now = parts_.clock.now();
    const milliseconds wait = schedule_ ? follow_schedule(data, now) : kLongestWait;
    if (wait != kBusyWait) verify_oldest(data, now);
    return wait;
  });
}

// REQUIRES: there is a schedule.
milliseconds Scheduler::follow_schedule(Data& data, Instant now) {
  settle(data, now);
  const bool waits = due(data, now) <= now && !begin_backup(data, now);
  const Instant next = due(data, now);
  board_.announce(next);
  check_age(data, now);
  if (waits) return kBusyWait;
  const auto wait = std::chrono::ceil<milliseconds>(next - now);
  return std::clamp<milliseconds>(wait, kShortestWait, kLongestWait);
}

// When the next backup is to begin. One that was missed before the start waits a little after it,
// unless the schedule is to be kept to the second.
Instant Scheduler::due(const Data& data, Instant now) const {
  const Instant slot = next_slot(*schedule_, counted_from(data.state.runs, now));
  if (slot >= started_) return slot;
  const auto settled =
      std::min<std::chrono::steady_clock::duration>(schedule_->jitter, kSettleTime);
  const auto left = started_steady_ + settled - parts_.clock.steady();
  return std::max(slot, now + std::chrono::ceil<std::chrono::microseconds>(left));
}

// What other threads, users and clocks made of what was known.
void Scheduler::settle(Data& data, Instant now) {
  ScheduleState& state = data.state;
  const bool dropped = state.running && !board_.makes_backup();  // cancelled while it waited
  const bool unreal = state.runs.since > now + kDay;  // the clock was wrong when this was noted
  if (dropped) state.running = false;
  if (unreal) state.runs.since = counted_from(state.runs, now);
  if (dropped || unreal) save(data);
}

// False: something is in the way that will go away.
bool Scheduler::begin_backup(Data& data, Instant now) {
  if (data.verifies) {  // our own wish gives way
    board_.cancel_verify(data.verifies->folder);
    data.tried.erase(data.verifies->slot);
    data.verifies.reset();
    data.verify_after.reset();
  }
  if (board_.makes_backup()) return false;
  try {
    BackupLock::check(parts_);
    data.state.begin(now);
    save(data);
    board_.enqueue(automatic_backup(parts_.config.automatic));
    board_.settle(kScheduleCode);
    parts_.log.info("the automatic backup is due");
    return true;
  } catch (const Error& error) {  // isolation: the next look tries again
    if (data.state.running) data.state.take_back();
    if (error.kind() != ErrorKind::kBusy) board_.report(kScheduleCode, error);
    return false;
  }
}

void Scheduler::ended(Outcome outcome) {
  data_.with([&](Data& data) {
    if (data.closed && outcome == Outcome::kCancelled) return;  // due again after the restart
    if (outcome == Outcome::kBusy) {
      data.state.take_back();
    } else {
      data.state.running = false;
      data.state.restarts = 0;
      if (outcome != Outcome::kCancelled) data.state.failed = outcome == Outcome::kFailed;
    }
    data.changed = true;
    save(data);
  });
  data_.notify_all();
}

void Scheduler::save(const Data& data) {
  if (parts_.state == nullptr) return;
  try {
    parts_.state->update(
        [&](Json& state) { state.set(kScheduleKey, print_schedule_state(data.state)); });
  } catch (const Error& error) {  // isolation: it is right in memory; nobody is asked twice a day
    parts_.log.error(error.what());
    board_.report(kScheduleCode, error);
  }
}

BackupPtr Scheduler::due_for_verification(const Data& data, Instant now) const {
  const auto every = verify_age(parts_.config.automatic);
  BackupPtr oldest;
  const std::shared_ptr<const Shelf> shelf = parts_.catalog.shelf();
  for (const BackupPtr& backup : shelf->backups) {
    // What is known to be damaged, or to need a key, is not found sound by reading it again.
    if (backup->growing || backup->away || backup->state > State::kUnchecked) continue;
    const auto tried = data.tried.find(backup->slot);
    if (tried != data.tried.end() && now - tried->second < every && tried->second <= now) continue;
    // A time in the future is no proof.
    if (backup->verified && *backup->verified <= now && now - *backup->verified < every) continue;
    if (!oldest || backup->verified.value_or(Instant{}) < oldest->verified.value_or(Instant{})) {
      oldest = backup;
    }
  }
  return oldest;
}

void Scheduler::verify_oldest(Data& data, Instant now) {
  const auto steady = parts_.clock.steady();
  if (parts_.config.automatic.verify_days == 0 || !board_.is_idle()) return;
  if (data.verify_after && steady < *data.verify_after) return;
  data.verifies = due_for_verification(data, now);
  const BackupPtr backup = data.verifies;
  if (!backup) return;
  data.tried[backup->slot] = now;
  const auto count = static_cast<int>(parts_.catalog.shelf()->backups.size());
  const seconds pace = verify_age(parts_.config.automatic) / std::max(1, 2 * count);
  data.verify_after = steady + std::min<seconds>(pace, kVerifyPace);
  board_.enqueue(VerifyCommand{{backup->folder}});
}

// Of the backups that may be worth something; the last one made counts while its disk is away, for
// then it is not on the shelf.
Instant Scheduler::newest_backup(const Data& data, Instant now) const {
  std::optional<Instant> newest;
  const auto take = [&](Instant when) {
    if (when <= now + kDay && (!newest || when > *newest)) newest = when;
  };
  const std::shared_ptr<const Shelf> shelf = parts_.catalog.shelf();
  const std::optional<LastBackup> last = board_.snapshot().last_backup;
  if (last && last->ok && !shelf->find(last->folder)) take(last->date);
  for (const BackupPtr& backup : shelf->backups) {
    const bool counts =
        !backup->growing && !backup->uploaded && backup->state < State::kUnsupported;
    if (counts) take(to_instant(backup->when));
  }
  return newest.value_or(data.state.known);
}

void Scheduler::check_age(Data& data, Instant now) {
  const seconds limit = parts_.config.automatic.stale_after;
  const Instant newest = newest_backup(data, now);
  if (now - newest <= limit) {
    board_.settle(kStaleCode);
    data.stale_since.reset();
    return;
  }
  if (data.stale_since == newest) return;  // told already: what is newer stays below it in status
  board_.settle(kStaleCode);
  data.stale_since = newest;
  board_.report(kStaleCode,
                Error(ErrorKind::kNotFound, "the automatic backups",
                      concat("there is none since ", shown_local(newest), ", for longer than ",
                             shown(limit), " (stale_after)"),
                      "see the other problems in status; make one now: backshelf backup"));
}

}  // namespace backshelf
