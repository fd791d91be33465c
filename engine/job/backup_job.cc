#include "engine/job/backup_job.h"

#include <algorithm>

#include "engine/job/backup_lock.h"
#include "engine/job/backup_plan.h"
#include "engine/job/backup_targets.h"
#include "engine/job/earlier_backup.h"
#include "engine/job/home_count.h"
#include "engine/job/hooks.h"
#include "engine/job/last_backup.h"
#include "engine/job/past_sizes.h"
#include "engine/job/restore_recovery.h"
#include "engine/job/space_check.h"

namespace backshelf {
namespace {

constexpr std::size_t kSkippedInAnswer = 5;  // the rest is in status

void check(const std::stop_token& stop) {
  if (stop.stop_requested()) {
    throw Error(ErrorKind::kInterrupted, "the backup", "it was cancelled");
  }
}

std::string shelf_name(const std::string& file) {
  constexpr std::string_view kSuffix = ".tar";
  return file.substr(0, file.size() - kSuffix.size());
}

void take_total(const HomeCount& count, JobProgress& progress) {
  const auto total = count.total();
  if (!total) return;
  progress.files_total = total->files;
  progress.bytes_total = total->bytes;
}

class BackupRun {
 public:
  BackupRun(const JobParts& parts, const BackupPlan& plan, JobBoard& board, RunningJob& job,
            std::stop_token stop)
      : parts_(parts),
        plan_(plan),
        board_(board),
        job_(job),
        stop_(std::move(stop)),
        targets_(plan, parts) {}

  BackupOutcome run() {
    targets_.open(concat("backup-", plan_.write.metadata.slug));
    write();
    check(stop_);
    const std::string file = targets_.commit(board_.final_file(plan_.file));
    outcome_.folders = targets_.adopt(file);
    outcome_.last.folder = outcome_.folders.front();
    note_size(file);
    finish();
    return std::move(outcome_);
  }

 private:
  void write() {
    const EarlierBackup earlier = find_earlier(parts_, plan_.write.level, stop_);
    const auto home = make_home_source(plan_.layout, plan_.source);
    const HomeCount count(plan_);
    const auto told = [&](const WriteProgress& written) {
      job_.advance([&](JobProgress& progress) {
        if (progress.bytes_total == 0) take_total(count, progress);
        progress.part = written.part;
        progress.files = written.files;
        progress.bytes = written.bytes;
      });
    };
    const WriteReport report =
        targets_.write(*home, earlier.content.get(), parts_.pool, told, stop_);
    outcome_.files = report.files;
    outcome_.bytes = report.plain_bytes;
    skipped_ = plan_.problems;
    for (const auto& more : {home->skipped(), report.incomplete}) {
      skipped_.insert(skipped_.end(), more.begin(), more.end());
    }
  }

  void note_size(const std::string& file) const {
    if (parts_.state == nullptr) return;
    try {
      for (const LastBackup::Place& place : targets_.results()) {
        const auto location = place.ok ? parts_.catalog.location(place.location) : nullptr;
        const auto object = location ? location->find(file) : std::nullopt;
        if (object) return remember_size(*parts_.state, plan_, {outcome_.bytes, object->size});
      }
    } catch (const Error& error) {  // isolation: the backup stands; the next one knows less
      parts_.log.warning(error.what());
    }
  }

  void finish() {
    outcome_.last.date = parts_.clock.now();
    outcome_.last.ok = true;
    outcome_.last.skipped = skipped_lines(skipped_);
    outcome_.last.locations = targets_.results();
    std::string failed, to;
    for (const LastBackup::Place& place : outcome_.last.locations) {
      if (place.ok) continue;
      failed += concat(failed.empty() ? "" : "; ", place.problem);
      to += concat(to.empty() ? "" : ",", place.location);
    }
    if (failed.empty()) return;
    outcome_.partial.emplace(
        ErrorKind::kPartial, concat("backup ", outcome_.last.folder, " is not everywhere"), failed,
        concat("make it writable, mount it or make room; then: backshelf copy '",
               outcome_.last.folder, "' to=", to));
  }

  const JobParts& parts_;
  const BackupPlan& plan_;
  JobBoard& board_;
  RunningJob& job_;
  const std::stop_token stop_;
  BackupTargets targets_;
  std::vector<Skipped> skipped_;
  BackupOutcome outcome_;
};

}  // namespace

BackupOutcome make_backup(const JobParts& parts, const BackupCommand& command,
                          const std::string& who, JobBoard& board, RunningJob& job,
                          std::stop_token stop) {
  const BackupLock lock = BackupLock::take(parts, who);
  // A home that is half old and half new is worth no backup.
  const std::string earlier = finish_interrupted_restore(parts);
  BackupPlan plan = plan_backup(parts, command);
  check_space(parts, plan, stop);
  job.advance([&](JobProgress& progress) { progress.folder = shelf_name(plan.file); });
  job.show();
  BackupOutcome outcome;
  with_hooks(parts.config.backup, board, parts.log, [&] {
    check(stop);
    outcome = BackupRun(parts, plan, board, job, stop).run();
    outcome.earlier = earlier;
  });
  for (const std::string& line : outcome.last.skipped) {
    parts.log.warning(concat("backup ", outcome.last.folder, ": ", line));
  }
  return outcome;
}

std::string describe(const BackupOutcome& outcome) {
  std::string places;
  for (const LastBackup::Place& place : outcome.last.locations) {
    if (place.ok) places += concat(places.empty() ? "" : ", ", place.location);
  }
  std::string text = concat("made ", outcome.last.folder, " in ", places, ": ", outcome.files,
                            " files, ", outcome.bytes, " bytes; not verified yet");
  const std::vector<std::string>& skipped = outcome.last.skipped;
  if (!outcome.earlier.empty()) text = concat(outcome.earlier, "\n", text);
  if (skipped.empty()) return text;
  text += concat("\n", skipped.size(), " left out or incomplete:");
  for (std::size_t i = 0; i < std::min(skipped.size(), kSkippedInAnswer); ++i) {
    text += concat("\n  ", skipped[i]);
  }
  if (skipped.size() > kSkippedInAnswer) text += "\n  … (all of them are in status)";
  return text;
}

}  // namespace backshelf
