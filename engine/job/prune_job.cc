#include "engine/job/prune_job.h"

#include <algorithm>
#include <optional>

#include "engine/job/places.h"
#include "engine/job/retention.h"
#include "engine/job/schedule_state.h"

namespace backshelf {
namespace {

constexpr const char* kPruneCode = "prune";

RetentionItem item_of(const Backup& backup) {
  return {.folder = backup.folder,
          .when = to_instant(backup.when),
          .automatic = backup.automatic,
          .uploaded = backup.uploaded,
          .pinned = backup.pinned,
          .good = backup.good,
          .protects = backup.protects};
}

// What was copied by hand to a place that the schedule does not use was meant to be kept.
bool is_pruned(const Config& config, const std::string& location) {
  const std::vector<std::string>& used = config.automatic.locations;
  if (used.empty() || std::find(used.begin(), used.end(), location) != used.end()) return true;
  const LocationConfig* const own = find_config(config, location);
  return own != nullptr && own->keep;
}

// Why nothing may go anywhere; empty: nothing is in the way.
std::string reason_to_wait(const JobParts& parts, const Shelf& shelf) {
  if (parts.state != nullptr && parts.config.automatic.days != "never") {
    const ScheduleState schedule = parse_schedule_state(parts.state->member(kScheduleKey));
    if (schedule.failed) return "the last automatic backup failed";
  }
  const Instant now = parts.clock.now();
  std::optional<Instant> newest;
  bool good = false;
  for (const BackupPtr& backup : shelf.backups) {
    const Instant when = to_instant(backup->when);
    if (!backup->automatic || backup->growing || !is_real_date(when, now)) continue;
    if (newest && when < *newest) continue;
    // One sound copy is enough, if it is within reach.
    good = (newest == when && good) || (backup->good && !backup->away);
    newest = when;
  }
  if (newest && !good) return "the newest automatic backup is not verified good";
  return {};
}

class Pruning {
 public:
  Pruning(const JobParts& parts, JobBoard& board, bool dry_run)
      : parts_(parts), board_(board), dry_run_(dry_run), shelf_(parts.catalog.shelf()) {}

  void run(RunningJob& job, const std::stop_token& stop) {
    const std::string wait = reason_to_wait(parts_, *shelf_);
    if (!wait.empty()) {
      text_ = concat("nothing is pruned: ", wait);
      return;
    }
    for (const auto& location : parts_.catalog.locations()) {
      if (location->read_only()) {
        tell(concat("location ", location->name(), ": nothing goes: it is read-only"));
      } else if (const auto away = parts_.catalog.away(location->name())) {
        tell(concat("location ", location->name(), ": nothing goes: it is away: ", *away));
      } else if (!is_pruned(parts_.config, location->name())) {
        tell(concat("location ", location->name(),
                    ": nothing goes: [automatic] does not write there, and it has no keep"));
      } else {
        place(*location, job, stop);
      }
    }
  }

  [[nodiscard]] std::string result() const {
    if (!first_) return text_;
    throw Error(deleted_ == 0 ? first_->kind() : ErrorKind::kPartial, "prune", failed_, text_);
  }

 private:
  void place(const Location& location, RunningJob& job, const std::stop_token& stop) {
    std::vector<RetentionItem> items;
    for (const BackupPtr& backup : shelf_->backups) {
      if (backup->location != location.name() || backup->growing) continue;
      items.push_back(item_of(*backup));
    }
    const RetentionRules rules = rules_for(parts_.config, location.name());
    const Retention retention = judge(std::move(items), rules, parts_.clock.now());
    const auto go = static_cast<std::size_t>(
        std::count_if(retention.verdicts.begin(), retention.verdicts.end(),
                      [](const RetentionVerdict& verdict) { return !verdict.stays; }));
    std::string line = concat("location ", location.name(), ": ");
    line += retention.halted.empty() ? concat(go, dry_run_ ? " would go, " : " to go, ",
                                              retention.verdicts.size() - go, " stay")
                                     : concat("nothing goes: ", retention.halted);
    tell(line);
    for (const RetentionVerdict& verdict : retention.verdicts) {
      if (dry_run_) {
        tell(concat("  ", verdict.stays ? "stays  " : "goes   ", verdict.folder, "  (",
                    verdict.reason, ")"));
      } else if (!verdict.stays) {
        if (stop.stop_requested())
          throw Error(ErrorKind::kInterrupted, "prune", "it was cancelled");
        remove(verdict.folder, job);
      }
    }
  }

  void remove(const std::string& folder, RunningJob& job) {
    const BackupPtr backup = shelf_->find(folder);
    job.advance([&](JobProgress& progress) { progress.folder = folder; });
    try {
      parts_.catalog.remove(*backup, /*force=*/false);
      board_.cancel_verify(folder);
      ++deleted_;
      tell(concat("  deleted ", folder));
      parts_.log.info(concat("pruned ", folder, " in ", backup->location));
    } catch (const Error& error) {                       // isolation: one backup of many
      if (error.kind() == ErrorKind::kNotFound) return;  // another process was faster
      failed_ += concat(failed_.empty() ? "" : "; ", error.what());
      if (!first_) first_ = error;
    }
  }

  void tell(const std::string& line) { text_ += concat(text_.empty() ? "" : "\n", line); }

  const JobParts& parts_;
  JobBoard& board_;
  const bool dry_run_;
  const std::shared_ptr<const Shelf> shelf_;  // one view, whatever is deleted meanwhile
  std::size_t deleted_ = 0;
  std::string text_, failed_;
  std::optional<Error> first_;
};

}  // namespace

std::string prune_backups(const JobParts& parts, const PruneCommand& command, JobBoard& board,
                          RunningJob& job, std::stop_token stop) {
  Pruning pruning(parts, board, command.dry_run);
  try {
    pruning.run(job, stop);
    std::string text = pruning.result();
    if (!command.dry_run) board.settle(kPruneCode);
    return text;
  } catch (const Error& error) {  // boundary: nobody may listen to the answer
    if (error.kind() != ErrorKind::kInterrupted) board.report(kPruneCode, error);
    throw;
  }
}

}  // namespace backshelf
