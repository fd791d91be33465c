#include "engine/job/restore_job.h"

#include <unistd.h>

#include <optional>

#include "engine/disk/file.h"
#include "engine/disk/mount_table.h"
#include "engine/job/backup_lock.h"
#include "engine/job/restore_recovery.h"
#include "engine/job/restore_rules.h"
#include "engine/job/restore_stage.h"
#include "engine/job/restore_steps.h"
#include "engine/job/restore_swap.h"

namespace backshelf {
namespace {

using Phase = RestoreJournal::Phase;

constexpr const char* kWho = "a restore";
constexpr mode_t kNewRootMode = 0755;

void check_cancelled(const std::stop_token& stop) {
  if (stop.stop_requested()) {
    throw Error(ErrorKind::kInterrupted, "the restore", "it was cancelled; nothing was changed");
  }
}

// In names of this restore's own: no two processes of one moment have the same.
std::string new_job_name() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return concat(::getpid(), "-",
                std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

class RestoreRun {
 public:
  RestoreRun(Archive& archive, const RestoreOrder& order, const RestoreSite& site, JobBoard& board,
             Log& log, RunningJob& job, std::stop_token stop)
      : archive_(archive),
        order_(order),
        site_(site),
        board_(board),
        log_(log),
        job_(job),
        stop_(std::move(stop)) {}

  std::string run() {
    plan_ = plan_restore(archive_, order_, site_, stop_);
    journal_ = journal_for(plan_, new_job_name());
    save_journal(site_.journal, journal_);
    try {
      stage_content(archive_, order_, plan_, journal_, job_, stop_);
      check_cancelled(stop_);
      journal_.after_is_due = !site_.hooks.before.empty() || !site_.hooks.after.empty();
      save_journal(site_.journal, journal_);
      with_hooks(site_.hooks, board_, log_, [this] { exchange(); });
    } catch (...) {  // cleanup: a home that was not exchanged keeps nothing of this beside it
      if (journal_.phase == Phase::kStage) drop();
      throw;
    }
    return finish();
  }

 private:
  void exchange() {
    check_cancelled(stop_);
    const bool keep_database = order_.keep_database || !holds_database(archive_, stop_);
    for (std::size_t i = 0; i < plan_.targets.size(); ++i) {
      plan_exchange(journal_, i,
                    keep_rules(archive_, plan_.layout, plan_.targets[i], keep_database, stop_));
    }
    sync_folders(journal_);
    check_cancelled(stop_);
    save_exchange();
    exchange_or_take_back(journal_, site_.journal);
    settle();
  }

  void save_exchange() {
    journal_.phase = Phase::kExchange;
    try {
      save_journal(site_.journal, journal_);
    } catch (const Error&) {  // cleanup: nothing was exchanged, whatever became of the file
      forget_exchange(journal_, site_.journal);
      throw;
    }
  }

  // The home is new by now, so what fails here is told at the end.
  void settle() {
    try {
      settle_new_folders(journal_);
    } catch (const Error& error) {  // isolation: marks and times; the next start tries again
      unsettled_ = error;
    }
  }

  void drop() {
    try {
      remove_holders(journal_);
      (void)remove_file_if_present(site_.journal);
    } catch (const Error& error) {  // isolation: the next start removes what is left
      log_.error(error.what());
    }
  }

  std::string finish() {
    std::string text = concat("restored ", parts(), " from ", order_.name, ": ", plan_.files,
                              " files, ", plan_.bytes, " bytes");
    for (const std::string& note : plan_.notes) text += concat("\nnot restored: ", note);
    try {
      journal_.after_is_due = false;
      save_journal(site_.journal, journal_);
      if (unsettled_) throw Error(*unsettled_);
      remove_holders(journal_);
      (void)remove_file_if_present(site_.journal);
    } catch (const Error& error) {  // boundary: the home is restored, but more than it lies there
      throw Error(ErrorKind::kPartial, text,
                  concat("but the old content is still there: ", error.what()),
                  "the next backup, restore or mount tries again");
    }
    log_.info(text);
    return text;
  }

  [[nodiscard]] std::string parts() const {
    std::string text;
    std::string last;
    for (const RestoreTarget& target : plan_.targets) {
      if (target.part != last) text += concat(text.empty() ? "" : ", ", target.part);
      last = target.part;
    }
    return text;
  }

  Archive& archive_;
  const RestoreOrder& order_;
  const RestoreSite& site_;
  JobBoard& board_;
  Log& log_;
  RunningJob& job_;
  const std::stop_token stop_;
  RestorePlan plan_;
  RestoreJournal journal_;
  std::optional<Error> unsettled_;
};

std::string below_line(const std::string& first, const std::string& text) {
  return first.empty() ? text : concat(first, "\n", text);
}

RestoreSite site_of(const JobParts& parts, const RestoreOrder& order) {
  RestoreSite site;
  site.home = parts.config.home;
  site.journal = restore_journal_path(parts);
  site.hooks = restore_hooks(parts.config);
  if (site.journal.empty()) {
    throw Error(ErrorKind::kUsage, "restore", "there is no state directory for its journal",
                "set path in [state]");
  }
  for (const LocationConfig& place : parts.config.locations) {
    site.ours.emplace_back(concat("the location ", place.name), place.path);
  }
  site.ours.emplace_back("the key file", parts.config.key.file);
  site.ours.emplace_back("the file of old keys", parts.config.key.old);
  site.ours.emplace_back("the state directory", parts.config.state_path);
  site.ours.emplace_back("the cache", parts.config.cache.path);
  for (const std::string& mount : parts.leave_out) {
    site.ours.emplace_back("the mount point", mount);
  }
  site.ours.emplace_back("the archive", order.file);
  return site;
}

}  // namespace

std::string restore_archive(const JobParts& parts, Archive& archive, const RestoreOrder& order,
                            JobBoard& board, RunningJob& job, std::stop_token stop) {
  const BackupLock lock = BackupLock::take(parts, kWho);
  const std::string earlier = finish_interrupted_restore(parts);
  const RestoreSite site = site_of(parts, order);
  return below_line(earlier,
                    RestoreRun(archive, order, site, board, parts.log, job, std::move(stop)).run());
}

std::string restore_backup(const JobParts& parts, const RestoreCommand& command, JobBoard& board,
                           RunningJob& job, std::stop_token stop) {
  const BackupPtr backup = parts.catalog.resolve(command.folder);
  job.advance([&](JobProgress& progress) { progress.folder = backup->folder; });
  job.show();
  const std::shared_ptr<Archive> archive = parts.catalog.open(*backup);
  RestoreOrder order{.name = backup->folder,
                     .parts = command.parts,
                     .keep_database = command.keep_database,
                     .force = command.force};
  return restore_archive(parts, *archive, order, board, job, std::move(stop));
}

std::string restore_new_home(Archive& archive, const RestoreOrder& order, const std::string& root,
                             Log& log, JobBoard& board, RunningJob& job, std::stop_token stop) {
  RestoreSite site;
  site.is_new = true;
  site.home.root = path_without_links(root);
  make_directories(site.home.root, kNewRootMode);
  const std::string own = concat(site.home.root, "/", kHolderPrefix);
  site.journal = concat(own, "journal");
  site.ours.emplace_back("the archive", order.file);
  const std::string lock_path = concat(own, "lock");
  const auto lock = FileLock::try_take(lock_path);
  if (!lock) {
    throw Error(ErrorKind::kBusy, concat("restore to ", root), "another restore writes there now",
                "wait for it");
  }
  try {
    const std::string earlier = finish_restore(site.journal, site.hooks, &board, log);
    std::string answer = below_line(
        earlier, RestoreRun(archive, order, site, board, log, job, std::move(stop)).run());
    (void)remove_file_if_present(lock_path);
    return answer;
  } catch (...) {  // cleanup: nothing of ours stays in what is to be a home
    (void)::unlink(lock_path.c_str());
    throw;
  }
}

}  // namespace backshelf
