#include <algorithm>

#include "engine/control/control.h"
#include "engine/control/shown_text.h"

namespace backshelf {
namespace {

constexpr std::size_t kScreenLines = 24;
constexpr std::size_t kScreenColumns = 80;
constexpr std::size_t kLabelColumns = 13;
constexpr std::size_t kTextColumns = kScreenColumns - kLabelColumns;
constexpr std::size_t kBarColumns = 40;
constexpr std::size_t kShownPlaces = 4;
constexpr std::size_t kProblemLines = 3;  // what and what to do, together

// As many lines of at most kTextColumns as it needs, the last one cut when more than `most`.
std::vector<std::string> wrapped(std::string_view text, std::size_t most) {
  std::vector<std::string> lines;
  while (lines.size() + 1 < most && shown_width(text) > kTextColumns) {
    std::size_t cut = text.rfind(' ', kTextColumns);
    while (cut != text.npos && cut > 0 && shown_width(text.substr(0, cut)) > kTextColumns) {
      cut = text.rfind(' ', cut - 1);
    }
    if (cut == text.npos || cut == 0) break;
    lines.emplace_back(text.substr(0, cut));
    text.remove_prefix(cut + 1);
  }
  lines.push_back(shortened(text, kTextColumns));
  return lines;
}

// Labelled lines, at most a screen of them.
class Screen {
 public:
  void line(std::string_view label, const std::string& text) {
    if (lines_ == kScreenLines) return;
    ++lines_;
    text_ += concat(label, std::string(kLabelColumns - label.size(), ' '), text, "\n");
  }
  void lines(std::string_view label, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      line(label, text);
      label = {};
    }
  }
  [[nodiscard]] std::size_t room() const { return kScreenLines - lines_; }
  [[nodiscard]] std::string text() const { return text_; }

 private:
  std::size_t lines_ = 0;
  std::string text_;
};

// One line that says as much as fits.
std::string fitting(std::string_view text) {
  return shortened(visible_text(text), kTextColumns);
}

std::string bar(std::uint64_t done, std::uint64_t total) {
  const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto filled = static_cast<std::size_t>(share * kBarColumns);
  return concat("[", std::string(filled, '#'), std::string(kBarColumns - filled, '.'), "] ",
                static_cast<int>(share * 100), " %");
}

void show_job(Screen& screen, const JobProgress& job) {
  const bool named = !job.folder.empty() && job.command.find(job.folder) == std::string::npos;
  screen.line("Job", named ? concat(visible_text(job.command), "  ", visible_text(job.folder))
                           : visible_text(job.command));
  if (job.bytes_total > 0) screen.line("", bar(job.bytes, job.bytes_total));
  std::string text = shown_size(job.bytes);
  if (job.bytes_total > 0) text += concat(" of ", shown_size(job.bytes_total));
  if (job.files > 0) text += concat(", ", job.files, " files");
  if (job.rate >= 1) text += concat(", ", shown_size(static_cast<std::uint64_t>(job.rate)), "/s");
  if (job.eta_seconds >= 0) text += concat(", ", shown_duration(job.eta_seconds), " left");
  if (!job.part.empty()) text += concat(", now ", visible_text(job.part));
  screen.line("", shortened(text, kTextColumns));
}

void show_opening(Screen& screen, const std::vector<Catalog::Opening>& opening) {
  if (opening.empty()) return;
  const Catalog::Opening& one = opening.front();
  std::string text = visible_text(one.folder);
  if (one.total_bytes > 0) {
    const double share = static_cast<double>(one.done_bytes) / static_cast<double>(one.total_bytes);
    text += concat(": ", static_cast<int>(100 * std::min(1.0, share)), " %");
  }
  if (!one.member.empty()) text += concat(" of ", visible_text(one.member));
  if (opening.size() > 1) text += concat(" (and ", opening.size() - 1, " more)");
  screen.line("Opening", shortened(text, kTextColumns));
}

void show_mount(Screen& screen, const StatusFacts::Mount& mount) {
  std::string text = mount.parallel_lookups ? "parallel lookups" : "one lookup at a time";
  text += mount.attributes_with_names ? ", readdirplus" : ", no readdirplus";
  if (mount.read_ahead_kib > 0) text += concat(", reads ", mount.read_ahead_kib, " KiB ahead");
  screen.line("Mount", text);
  screen.line("", "passthrough and io_uring are not used");
}

void show_queue(Screen& screen, const std::vector<std::string>& queue) {
  if (queue.empty()) return;
  const std::string more = queue.size() > 1 ? concat(" (and ", queue.size() - 1, " more)") : "";
  screen.line("Waiting", fitting(queue.front().substr(0, kTextColumns)) + more);
}

void show_last(Screen& screen, const LastBackup& last) {
  screen.line("Last backup", concat(shown_time(last.date), "  ", last.ok ? "done" : "FAILED", "  ",
                                    visible_text(last.folder)));
  if (!last.problem.empty()) screen.lines("", wrapped(visible_text(last.problem), 2));
  std::string missing;
  for (const LastBackup::Place& place : last.locations) {
    if (!place.ok)
      missing += concat(missing.empty() ? "" : "; ", place.location, ": ", place.problem);
  }
  if (!missing.empty()) screen.line("", fitting(missing));
  if (last.skipped.empty()) return;
  screen.line(
      "", fitting(concat(last.skipped.size(), " not stored as they were: ", last.skipped.front())));
}

void show_shelf(Screen& screen, const StatusFacts& facts) {
  BackupPtr good;
  std::size_t count = 0, bad = 0;
  for (const BackupPtr& backup : facts.shelf->backups) {
    if (backup->growing) continue;
    ++count;
    bad += backup->state > State::kUnchecked ? 1 : 0;
    const bool newer = !good || to_instant(backup->when) > to_instant(good->when);
    if (backup->good && newer) good = backup;
  }
  screen.line("Last good",
              good ? concat(shown_time(to_instant(good->when)), "  ", visible_text(good->folder))
                   : std::string("none verified yet (verify all)"));
  const auto& next = facts.jobs.next_backup;
  screen.line("Next backup", next ? shown_time(*next) : std::string("none is scheduled"));
  std::string text = concat(count);
  if (bad > 0) text += concat(", ", bad, " with a problem (backshelf list)");
  if (!facts.deleted.empty()) text += concat("; ", facts.deleted.size(), " deleted can come back");
  screen.line("Backups", text);
  if (facts.delayed.empty()) return;
  const DelayedDelete& first = facts.delayed.front();
  const std::size_t more = facts.delayed.size() - 1;
  screen.line("", fitting(concat("delete of ", first.folder, " waits for ", first.location,
                                 more > 0 ? concat(" (and ", more, " more)") : "")));
}

void show_places(Screen& screen, const std::vector<StatusFacts::Place>& places) {
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (i == kShownPlaces) {
      screen.line("", concat("and ", places.size() - i, " more locations"));
      return;
    }
    const StatusFacts::Place& place = places[i];
    std::string text = concat(visible_text(place.name), "  ", place.state, "  ");
    if (place.total_bytes > 0) {
      text +=
          concat(shown_size(place.free_bytes), " free of ", shown_size(place.total_bytes), "  ");
    }
    text += concat(place.backups, place.backups == 1 ? " backup" : " backups");
    if (!place.problem.empty()) text += concat("  ", visible_text(place.problem));
    screen.line(i == 0 ? "Locations" : "", shortened(text, kTextColumns));
  }
}

// The newest first; what does not fit is in status.json. Keeps `reserved` lines free.
void show_problems(Screen& screen, const std::vector<Problem>& problems, std::size_t reserved) {
  for (std::size_t i = problems.size(); i > 0; --i) {
    const Problem& problem = problems[i - 1];
    std::string text = concat(shown_time(problem.since), "  ", problem.what);
    if (!problem.todo.empty()) text += concat(" (", problem.todo, ")");
    const auto lines = wrapped(visible_text(text), kProblemLines);
    if (screen.room() < lines.size() + reserved + (i > 1 ? 1 : 0)) {
      if (screen.room() > reserved) screen.line("", concat("and ", i, " more in status.json"));
      return;
    }
    screen.lines("Problem", lines);
  }
}

}  // namespace

std::string status_text(const StatusFacts& facts) {
  Screen screen;
  screen.line("State", visible_text(facts.jobs.state));
  if (facts.jobs.job) show_job(screen, *facts.jobs.job);
  show_opening(screen, facts.opening);
  show_queue(screen, facts.jobs.queue);
  if (facts.jobs.last_backup) show_last(screen, *facts.jobs.last_backup);
  show_shelf(screen, facts);
  show_places(screen, facts.locations);
  if (facts.mount) show_mount(screen, *facts.mount);
  const std::size_t reserved = (facts.key_needed ? 1U : 0U) + (facts.kit_saved ? 0U : 1U);
  show_problems(screen, facts.jobs.problems, reserved);
  if (facts.key_needed) {
    screen.line("Key", "some backups need a key that is not known ([key] old = FILE)");
  }
  if (!facts.kit_saved) {
    screen.line("Kit", "save it, away from this machine: backshelf kit --output FILE");
  }
  return screen.text();
}

}  // namespace backshelf
