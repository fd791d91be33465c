#include "fs/new_backup.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/catalog/names.h"
#include "engine/control/shown_text.h"
#include "engine/location/object_names.h"

namespace backshelf {
namespace {

constexpr std::string_view kVerb = "backup";

std::string file_of(const std::string& name) {
  return concat(name, ".tar");
}

BackupCommand command_for(const std::string& name) {
  BackupCommand command;
  command.name = name;
  command.file = file_of(name);
  return command;
}

bool is_made(const JobsState& jobs) {
  return jobs.state == kVerb ||
         std::any_of(jobs.queue.begin(), jobs.queue.end(),
                     [](const auto& line) { return line.starts_with(kVerb); });
}

Error not_made(const std::string& name) {
  return {ErrorKind::kNotFound, name, "no backup of this name is being made"};
}

}  // namespace

NewBackup::NewBackup(Catalog& catalog, Jobs& jobs, const Clock& clock, Log& log)
    : catalog_(catalog), jobs_(jobs), clock_(clock), log_(log) {}

// What the jobs do by now; asked under the lock, for an older answer could end what just began.
void NewBackup::follow(State& state) const {
  std::optional<Current>& current = state.current;
  if (current && current->phase != Phase::kQueued) return;
  const JobsState jobs = jobs_.state();
  if (!is_made(jobs)) {
    current.reset();
    return;
  }
  if (jobs.state != kVerb || !jobs.job || jobs.job->folder.empty()) return;
  const bool other =
      current && current->started != Instant{} && current->started != jobs.job->started;
  if (!current || other) {
    current = Current{};
    current->info.id = ++state.last_id;
    current->info.since = to_timestamp(jobs.job->started);
    current->phase = Phase::kQueued;
  }
  current->started = jobs.job->started;
  current->info.name = jobs.job->folder;
}

std::optional<NewBackup::Info> NewBackup::shown() {
  return state_.with([&](State& state) -> std::optional<Info> {
    follow(state);
    if (!state.current || state.current->cancelled) return std::nullopt;
    return state.current->info;
  });
}

void NewBackup::check_name(const std::string& name, const std::string& except) const {
  const std::string file = file_of(name);
  if (!is_archive_name(file) || folder_name(file) != name || !is_utf8(name)) {
    throw Error(ErrorKind::kInvalid, concat("the name '", name, "'"), "no backup can be called so",
                R"(use a shorter one, without < > : " / \ | ? * and a dot or space at its ends)");
  }
  const std::string folded = fold_case(name);
  const std::shared_ptr<const Shelf> shelf = catalog_.shelf();
  for (const BackupPtr& backup : shelf->backups) {
    if (backup->folder == except) continue;
    if (fold_case(backup->folder) != folded && backup->object.name != file) continue;
    throw Error(ErrorKind::kExists, concat("the name '", name, "'"), "a backup has it already",
                "use another name");
  }
}

NewBackup::Info NewBackup::begin(const std::string& name) {
  check_name(name, {});
  const bool busy = is_made(jobs_.state());
  if (!busy) jobs_.check_backup(command_for(name));
  return state_.with([&](State& state) {
    if (busy || (state.current && state.current->phase != Phase::kQueued)) {
      throw Error(ErrorKind::kBusy, concat("backup '", name, "'"), "another backup is being made",
                  "wait for it, or cancel it by removing its folder");
    }
    state.current = Current{};
    Current& current = *state.current;
    current.info.id = ++state.last_id;
    current.info.name = name;
    current.info.since = to_timestamp(clock_.now());
    current.due = clock_.steady() + kGrace;
    return current.info;
  });
}

void NewBackup::rename(const std::string& from, const std::string& to) {
  const auto found = shown();
  if (!found || found->name != from) throw not_made(from);
  check_name(to, from);
  const bool waits = state_.with([&](State& state) {
    if (!state.current || state.current->info.name != from) return false;
    if (state.current->phase == Phase::kQueued) return false;
    state.current->info.name = to;
    return true;
  });
  if (waits) return;
  jobs_.rename_backup(from, to);
  state_.with([&](State& state) {
    if (state.current && state.current->info.name == from) state.current->info.name = to;
  });
}

void NewBackup::cancel(const std::string& name) {
  const auto found = shown();
  if (!found || found->name != name) throw not_made(name);
  const bool runs = state_.with([&](State& state) {
    if (!state.current || state.current->info.id != found->id) return false;
    const bool queued = state.current->phase == Phase::kQueued;
    state.current->cancelled = true;
    if (state.current->started == Instant{}) state.current.reset();
    return queued;
  });
  log_.info(concat("backup '", name, "' was cancelled: its folder was removed"));
  if (runs) jobs_.submit(CancelCommand{.backup_only = true});
}

void NewBackup::remove_status(std::uint64_t id) {
  const auto found = shown();
  if (!found || found->id != id || !found->has_status) {
    throw Error(ErrorKind::kNotFound, "status", "it is not there");
  }
  state_.with([](State& state) {
    if (state.current) state.current->info.has_status = false;
  });
}

void NewBackup::refuse_inside(std::uint64_t id, const std::string& name) {
  const bool ended = state_.with([&](State& state) {
    if (!state.current || state.current->info.id != id) return false;
    if (state.current->phase == Phase::kQueued) return false;
    state.current.reset();
    return true;
  });
  if (ended) log_.info("a new folder was filled at once: that was a copy, no backup is made");
  throw Error(ErrorKind::kReadOnly, name,
              "a new folder here is a backup, and nothing can be put in",
              "copy archives (*.tar) themselves");
}

std::optional<NewBackup::Info> NewBackup::take_due() {
  return state_.with([&](State& state) -> std::optional<Info> {
    follow(state);
    if (!state.current || state.current->phase != Phase::kGrace) return std::nullopt;
    if (clock_.steady() < state.current->due) return std::nullopt;
    state.current->phase = Phase::kAsking;
    return state.current->info;
  });
}

// What became of it while the jobs were asked counts too.
void NewBackup::settle(const Info& asked) {
  const auto name = state_.with([&](State& state) -> std::optional<std::string> {
    if (!state.current || state.current->info.id != asked.id) return std::nullopt;
    state.current->phase = Phase::kQueued;
    return state.current->info.name;
  });
  if (!name) {
    jobs_.submit(CancelCommand{.backup_only = true});
  } else if (*name != asked.name) {
    jobs_.rename_backup(asked.name, *name);
  }
}

void NewBackup::tick() {
  const auto due = take_due();
  if (!due) return;
  try {
    jobs_.submit(command_for(due->name));
    settle(*due);
  } catch (const Error& error) {  // boundary: who made the folder is not listening any more
    jobs_.report("backup", error);
    state_.with([&](State& state) {
      const bool asking = state.current && state.current->phase == Phase::kAsking;
      if (asking && state.current->info.id == due->id) state.current.reset();
    });
  }
}

}  // namespace backshelf
