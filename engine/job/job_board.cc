#include "engine/job/job_board.h"

#include <algorithm>

#include "engine/job/command_text.h"
#include "engine/job/last_backup.h"

namespace backshelf {
namespace {

constexpr const char* kStateKey = "last_backup";
constexpr const char* kArchiveEnd = ".tar";
constexpr std::size_t kResults = 5;

bool is_backup(const Command& command) {
  return std::holds_alternative<BackupCommand>(command);
}

bool is_verify_of(const Command& command, const std::string& folder) {
  const auto* const verify = std::get_if<VerifyCommand>(&command);
  return verify != nullptr && verify->folders == std::vector<std::string>{folder};
}

bool has_backup(const std::deque<Command>& queue, const std::optional<Command>& running) {
  return (running && is_backup(*running)) || std::any_of(queue.begin(), queue.end(), is_backup);
}

Error busy(const char* why) {
  return {ErrorKind::kBusy, "the command", why, "wait for it, or say: cancel"};
}

}  // namespace

JobBoard::JobBoard(const Clock& clock, StateStore* state) : clock_(clock), state_(state) {
  if (state_ == nullptr) return;
  data_.with(
      [&](Data& data) { data.state.last_backup = parse_last_backup(state_->member(kStateKey)); });
}

JobsState JobBoard::snapshot() const {
  return data_.with([](const Data& data) {
    JobsState state = data.state;
    for (const Command& waiting : data.queue) state.queue.push_back(command_text(waiting));
    return state;
  });
}

void JobBoard::enqueue(const Command& command) {
  data_.with([&](Data& data) {
    if (is_backup(command) && has_backup(data.queue, data.running)) {
      throw busy("a backup is being made");
    }
    if (data.queue.size() >= kMaxQueue) throw busy("too many commands wait");
    const std::string text = command_text(command);
    const bool waits = std::any_of(data.queue.begin(), data.queue.end(), [&](const Command& other) {
      return command_text(other) == text;
    });
    if (!waits) data.queue.push_back(command);
    data.changed = true;
  });
  data_.notify_all();
}

std::optional<JobBoard::Taken> JobBoard::take(std::stop_token stop) {
  constexpr std::chrono::hours kLong(1);
  while (!stop.stop_requested()) {
    const bool changed = data_.with([](Data& data) { return std::exchange(data.changed, false); });
    if (changed) notify();
    auto taken = data_.wait_for(
        stop, kLong, [](const Data& data) { return data.changed || !data.queue.empty(); },
        [&](Data& data) -> std::optional<Taken> {
          if (data.queue.empty() || data.closed) return std::nullopt;
          const Command command = std::move(data.queue.front());
          data.queue.pop_front();
          return start(data, command);
        });
    if (!taken) continue;
    notify();
    return taken;
  }
  return std::nullopt;
}

JobBoard::Taken JobBoard::begin(const Command& command) {
  return data_.with([&](Data& data) {
    if (data.running || (is_backup(command) && has_backup(data.queue, data.running))) {
      throw busy("another command runs");
    }
    return start(data, command);
  });
}

JobBoard::Taken JobBoard::start(Data& data, const Command& command) {
  data.running = command;
  data.stop = std::stop_source();
  if (data.closed) data.stop.request_stop();
  data.renamed.reset();
  data.is_final = false;
  data.state.state = command_verb(command);
  JobProgress progress;
  progress.command = command_text(command);
  progress.started = clock_.now();
  data.state.job = progress;
  data.changed = false;
  return {command, data.stop.get_token()};
}

void JobBoard::end() {
  data_.with([](Data& data) {
    data.running.reset();
    data.state.state = "idle";
    data.state.job.reset();
  });
  notify();
}

// Under which the running backup is shown, or will be; empty: none runs.
std::string JobBoard::running_folder(const Data& data) {
  const auto* const backup = data.running ? std::get_if<BackupCommand>(&*data.running) : nullptr;
  if (backup == nullptr) return {};
  if (data.renamed) return *data.renamed;
  if (!data.state.job->folder.empty()) return data.state.job->folder;
  return backup->file.substr(0, backup->file.rfind(kArchiveEnd));
}

void JobBoard::rename_backup(const std::string& from, const std::string& to) {
  data_.with([&](Data& data) {
    for (Command& waiting : data.queue) {
      auto* const backup = std::get_if<BackupCommand>(&waiting);
      if (backup == nullptr || backup->file != concat(from, kArchiveEnd)) continue;
      backup->name = to;
      backup->file = concat(to, kArchiveEnd);
      data.changed = true;
      return;
    }
    if (from.empty() || running_folder(data) != from) {
      throw Error(ErrorKind::kNotFound, from, "no backup of this name is being made");
    }
    if (data.is_final) {
      throw Error(ErrorKind::kBusy, from, "it is being put in place", "try again in a moment");
    }
    data.renamed = data.state.job->folder = to;
    data.changed = true;
  });
  data_.notify_all();
}

std::string JobBoard::final_file(const std::string& planned) {
  return data_.with([&](Data& data) {
    data.is_final = true;
    return data.renamed ? concat(*data.renamed, kArchiveEnd) : planned;
  });
}

bool JobBoard::cancel(bool backup_only) {
  bool any = false;
  std::stop_source stop = data_.with([&](Data& data) {
    const bool runs = data.running && (!backup_only || is_backup(*data.running));
    any = std::erase_if(data.queue, is_backup) > 0 || runs;
    data.changed = true;
    return runs ? data.stop : std::stop_source(std::nostopstate);
  });
  // Outside the lock: who waits for this request may come back here.
  (void)stop.request_stop();
  data_.notify_all();
  return any;
}

void JobBoard::cancel_verify(const std::string& folder) {
  std::stop_source stop = data_.with([&](Data& data) {
    (void)std::erase_if(data.queue,
                        [&](const Command& waiting) { return is_verify_of(waiting, folder); });
    const bool runs = data.running && is_verify_of(*data.running, folder);
    return runs ? data.stop : std::stop_source(std::nostopstate);
  });
  (void)stop.request_stop();
}

bool JobBoard::makes_backup() const {
  return data_.with([](const Data& data) { return has_backup(data.queue, data.running); });
}

bool JobBoard::is_idle() const {
  return data_.with([](const Data& data) { return data.queue.empty() && !data.running; });
}

void JobBoard::close() {
  std::stop_source stop = data_.with([](Data& data) {
    data.closed = true;
    data.queue.clear();
    return data.stop;
  });
  (void)stop.request_stop();
  data_.notify_all();
}

void JobBoard::show(const JobProgress& progress) {
  data_.with([&](Data& data) {
    if (!data.running) return;
    data.state.job = progress;
    if (data.renamed) data.state.job->folder = *data.renamed;
  });
  notify();
}

void JobBoard::answer(std::string text) {
  data_.with([&](Data& data) {
    std::vector<std::string>& results = data.state.results;
    if (results.size() == kResults) results.erase(results.begin());
    results.push_back(std::move(text));
    data.changed = true;
  });
  data_.notify_all();
}

void JobBoard::report(const std::string& code, const Error& error) {
  const std::string what = concat(error.what_failed(), ": ", error.why());
  const Instant now = clock_.now();
  data_.with([&](Data& data) {
    std::vector<Problem>& problems = data.state.problems;
    const auto same = std::find_if(problems.begin(), problems.end(), [&](const Problem& problem) {
      return problem.code == code && problem.what == what;
    });
    Problem problem{code, what, error.todo(), now};
    if (same != problems.end()) {
      problem.since = same->since;
      problems.erase(same);
    }
    if (problems.size() == kMaxProblems) problems.erase(problems.begin());
    problems.push_back(std::move(problem));
    data.changed = true;
  });
  data_.notify_all();
}

void JobBoard::settle(const std::string& code, const std::string& what) {
  data_.with([&](Data& data) {
    const std::size_t gone = std::erase_if(data.state.problems, [&](const Problem& problem) {
      return problem.code == code && (what.empty() || problem.what.starts_with(what));
    });
    data.changed = data.changed || gone > 0;
  });
}

void JobBoard::remember(const LastBackup& last) {
  data_.with([&](Data& data) { data.state.last_backup = last; });
  if (state_ == nullptr) return;
  state_->update([&](Json& state) { state.set(kStateKey, print_last_backup(last)); });
}

void JobBoard::announce(std::optional<Instant> next_backup) {
  const bool is_new = data_.with([&](Data& data) {
    if (data.state.next_backup == next_backup) return false;
    data.state.next_backup = next_backup;
    return data.changed = true;
  });
  if (is_new) data_.notify_all();
}

void JobBoard::on_change(std::function<void()> call) {
  calls_.with([&](auto& calls) { calls.push_back(std::move(call)); });
}

void JobBoard::notify() {
  const auto calls = calls_.with([](const auto& all) { return all; });
  for (const auto& call : calls) call();
}

}  // namespace backshelf
