#include <algorithm>

#include "engine/control/control.h"
#include "engine/control/plain_text.h"

namespace backshelf {
namespace {

constexpr std::size_t kBarColumns = 30;
constexpr std::size_t kShownProblems = 4;  // the newest; status.json has all
constexpr std::size_t kShownSkipped = 3;

std::string bar(std::uint64_t done, std::uint64_t total) {
  if (total == 0) return {};
  const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto filled = static_cast<std::size_t>(share * kBarColumns);
  return concat("[", std::string(filled, '#'), std::string(kBarColumns - filled, '.'), "] ",
                static_cast<int>(share * 100), " %");
}

std::string job_text(const JobProgress& job) {
  std::string text = concat("Job         ", plain(job.command), "\n");
  if (!job.folder.empty()) text += concat("            ", plain(job.folder), "\n");
  if (job.bytes_total > 0) text += concat("            ", bar(job.bytes, job.bytes_total), "\n");
  text += concat("            ", bytes_text(job.bytes));
  if (job.files > 0) text += concat(", ", job.files, " files");
  if (job.rate > 0) text += concat(", ", bytes_text(static_cast<std::uint64_t>(job.rate)), "/s");
  if (job.eta_seconds >= 0) text += concat(", about ", duration_text(job.eta_seconds), " left");
  if (!job.part.empty()) text += concat(", now ", plain(job.part));
  return text + "\n";
}

std::string time_text(Instant when) {
  std::string text = to_rfc3339_local(when).substr(0, 16);
  if (text.size() > 10) text[10] = ' ';
  return text;
}

std::string last_text(const LastBackup& last) {
  std::string text = concat("Last backup ", time_text(last.date), "  ", plain(last.folder), "  ",
                            last.ok ? "done" : "FAILED", "\n");
  if (!last.problem.empty()) text += concat("            ", plain(last.problem), "\n");
  for (const LastBackup::Place& place : last.locations) {
    if (place.ok) continue;
    text += concat("            ", plain(place.location), ": ", plain(place.problem), "\n");
  }
  for (std::size_t i = 0; i < std::min(kShownSkipped, last.skipped.size()); ++i) {
    text += concat("            not stored as it was: ", plain(last.skipped[i]), "\n");
  }
  if (last.skipped.size() > kShownSkipped) {
    text += concat("            and ", last.skipped.size() - kShownSkipped, " more\n");
  }
  return text;
}

std::string shelf_text(const StatusFacts& facts) {
  BackupPtr good;
  std::size_t count = 0, bad = 0;
  for (const BackupPtr& backup : facts.shelf->backups) {
    if (backup->growing) continue;
    ++count;
    bad += backup->state > State::kUnchecked ? 1 : 0;
    if (backup->good && (!good || to_instant(backup->when) > to_instant(good->when))) {
      good = backup;
    }
  }
  std::string text =
      good ? concat("Last good   ", time_text(to_instant(good->when)), "  ", plain(good->folder))
           : std::string("Last good   none verified yet (backshelf verify all)");
  text += concat("\nBackups     ", count);
  if (bad > 0) text += concat(", ", bad, " of them with a problem (backshelf list)");
  if (!facts.deleted.empty()) text += concat("; ", facts.deleted.size(), " deleted, can come back");
  return text + "\n";
}

std::string place_text(const StatusFacts::Place& place) {
  std::string text = concat("Location    ", plain(place.name), ": ", place.state, ", ",
                            bytes_text(place.free_bytes), " free of ",
                            bytes_text(place.total_bytes), ", ", place.backups, " backups\n");
  if (!place.problem.empty()) text += concat("            ", plain(place.problem), "\n");
  return text;
}

std::string problem_text(const Problem& problem) {
  std::string text = concat("Problem     ", time_text(problem.since), "  ", plain(problem.what));
  if (!problem.todo.empty()) text += concat(" (", plain(problem.todo), ")");
  return text + "\n";
}

}  // namespace

std::string status_text(const StatusFacts& facts) {
  std::string text = concat("State       ", facts.jobs.state, "\n");
  if (facts.jobs.job) text += job_text(*facts.jobs.job);
  for (const std::string& line : facts.jobs.queue)
    text += concat("Waiting     ", plain(line), "\n");
  if (facts.jobs.last_backup) text += last_text(*facts.jobs.last_backup);
  text += shelf_text(facts);
  for (const StatusFacts::Place& place : facts.locations) text += place_text(place);
  const auto& problems = facts.jobs.problems;
  const std::size_t first = problems.size() - std::min(kShownProblems, problems.size());
  for (std::size_t i = first; i < problems.size(); ++i) text += problem_text(problems[i]);
  if (facts.key_needed) {
    text += "Key         some backups need a key that is not known ([key] old = FILE)\n";
  }
  if (!facts.kit_saved) {
    text += "Kit         save the emergency kit away from this machine: backshelf kit\n";
  }
  if (!facts.mount_note.empty()) text += concat("Mount       ", facts.mount_note, "\n");
  return text;
}

}  // namespace backshelf
