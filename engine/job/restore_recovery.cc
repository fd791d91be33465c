#include "engine/job/restore_recovery.h"

#include "engine/disk/file.h"
#include "engine/disk/mount_table.h"
#include "engine/job/restore_swap.h"

namespace backshelf {
namespace {

using Phase = RestoreJournal::Phase;

constexpr const char* kJournalFile = "/restore.journal";
constexpr const char* kAgain = "the next backup, restore or mount tries again";

// A disk that is not mounted yet must not look like one on which all is done.
void check_reachable(const RestoreJournal& journal, const std::string& path) {
  for (const std::string& holder : journal.holders()) {
    const bool needed = journal.phase == Phase::kExchange;
    if (find_status(needed ? holder : parent_directory(holder))) continue;
    throw Error(
        ErrorKind::kNotFound, "finishing an interrupted restore", concat(holder, " is not there"),
        concat("mount its disk, ", kAgain, "; or put the home right by hand and remove ", path));
  }
}

void take_back(RestoreJournal& journal, const std::string& path, const Error& reason) {
  try {
    exchange_back(journal);
    sync_folders(journal);
    forget_exchange(journal, path);
  } catch (const Error& error) {  // boundary: both ways are shut, and a person must know both
    throw Error(ErrorKind::kIo, "the restore stopped half-way",
                concat(reason.what(), "; and taking it back: ", error.what()),
                concat("put that right; ", kAgain));
  }
}

// After a power loss the machine may have started it again.
void stop_home(const HookCommands& hooks, Log& log) {
  try {
    run_before_hook(hooks);
  } catch (const Error& error) {  // isolation: half a home is worse than one that is in use
    log.error(error.what());
  }
}

const char* outcome_of(Phase phase) {
  return phase == Phase::kDone ? "an interrupted restore was finished: the home is the restored one"
                               : "an interrupted restore was taken back: the home is as it was";
}

}  // namespace

void forget_exchange(RestoreJournal& journal, const std::string& path) {
  journal.phase = Phase::kStage;
  try {
    save_journal(path, journal);
  } catch (const Error&) {  // cleanup: a full disk takes no journal, but gives one up
    try {
      (void)remove_file_if_present(path);
    } catch (const Error&) {  // cleanup: what is on the disk counts
      journal.phase = Phase::kExchange;
      throw;
    }
  }
}

void exchange_or_take_back(RestoreJournal& journal, const std::string& path) {
  try {
    exchange_forward(journal);
    sync_folders(journal);
    journal.phase = Phase::kDone;
    save_journal(path, journal);
  } catch (const Error& error) {  // cleanup: all new, or all old again
    journal.phase = Phase::kExchange;
    take_back(journal, path, error);
    throw;
  }
}

std::string finish_restore(const std::string& path, const HookCommands& hooks, JobBoard* board,
                           Log& log) {
  if (path.empty()) return {};
  auto journal = find_journal(path);
  if (!journal) return {};
  check_reachable(*journal, path);
  if (journal->phase == Phase::kExchange) {
    if (journal->after_is_due) stop_home(hooks, log);
    try {
      exchange_or_take_back(*journal, path);
    } catch (const Error& error) {  // boundary: taken back is as good an end as finished
      if (journal->phase != Phase::kStage) throw;
      log.error(error.what());
    }
  }
  if (journal->phase == Phase::kDone) settle_new_folders(*journal);
  if (journal->after_is_due) {
    run_after_hook(hooks, board, log);
    journal->after_is_due = false;
    save_journal(path, *journal);
  }
  remove_holders(*journal);
  sync_directory(parent_directory(path));
  (void)remove_file_if_present(path);
  log.warning(outcome_of(journal->phase));
  return outcome_of(journal->phase);
}

std::string restore_journal_path(const JobParts& parts) {
  std::string directory = parts.config.state_path;
  if (parts.state != nullptr) {
    directory = parts.state->persistent() ? parts.state->directory() : "";
  }
  return directory.empty() ? directory : concat(directory, kJournalFile);
}

HookCommands restore_hooks(const Config& config) {
  return {"restore", config.restore.before, config.restore.after, config.backup.timeout};
}

bool is_restore_interrupted(const JobParts& parts) {
  const std::string path = restore_journal_path(parts);
  return !parts.read_only && !path.empty() && find_status(path).has_value();
}

std::string finish_interrupted_restore(const JobParts& parts) {
  if (parts.read_only) return {};
  return finish_restore(restore_journal_path(parts), restore_hooks(parts.config), nullptr,
                        parts.log);
}

}  // namespace backshelf
