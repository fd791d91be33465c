#include "engine/archive/diff_archives.h"
#include "engine/base/error.h"
#include "tools/backup_target.h"
#include "tools/commands.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

const char* mark_of(Difference::Kind kind) {
  switch (kind) {
    case Difference::Kind::kAdded:
      return "+ ";
    case Difference::Kind::kRemoved:
      return "- ";
    case Difference::Kind::kChanged:
      return "~ ";
    default:
      return "? ";
  }
}

// Parts that are not shown because they cannot be opened, below the folder that is compared.
std::set<std::string> closed_parts(const Target& target) {
  std::set<std::string> closed;
  const std::string& top = target.path.text();
  for (const MemberInfo& member : target.archive->members()) {
    const bool shut = member.state == State::kNeedsKey || member.state == State::kWrongKey ||
                      member.state == State::kUnsupported;
    if (!shut) continue;
    if (top.empty()) closed.insert(member.folder);
    if (member.folder.starts_with(concat(top, "/")))
      closed.insert(member.folder.substr(top.size() + 1));
  }
  return closed;
}

// Says what cannot be compared; false: nothing.
bool tell_problems(const Target& target) {
  bool any = false;
  for (const MemberInfo& member : target.archive->members()) {
    const std::string& top = target.path.text();
    const bool inside = top.empty() || member.folder == top ||
                        member.folder.starts_with(concat(top, "/")) ||
                        top.starts_with(concat(member.folder, "/"));
    if (!inside || !failure_of(member.state)) continue;
    print_error(concat(target.word, ": ", member.member, ": ", member.problem));
    any = true;
  }
  if (!any && target.path.is_root() && failure_of(target.archive->state())) {
    print_error(concat(target.word, ": ", target.archive->problem()));
    any = true;
  }
  return any;
}

int diff(const Registry& registry, const std::string& first, const std::string& second) {
  const bool quiet = registry.bench.options().quiet;
  const Target before = find_target(registry.bench, first, WithPath::kYes);
  const Target after = find_target(registry.bench, second, WithPath::kYes);
  before.archive->check(registry.stop);
  after.archive->check(registry.stop);
  for (const Target* target : {&before, &after}) {
    const int verdict = readable_verdict(*target->archive);
    if (verdict == 0 || verdict == exit_code_of(ErrorKind::kPartial)) continue;
    throw Error(*failure_of(target->archive->state()), target->word, target->archive->problem());
  }
  const DiffSide old_side{*before.archive, find_entry(before, registry.stop), closed_parts(before)};
  const DiffSide new_side{*after.archive, find_entry(after, registry.stop), closed_parts(after)};
  DiffReport report;
  {
    ProgressLine line(quiet);
    report = diff_archives(
        old_side, new_side,
        [&](const Difference& found) {
          if (quiet) return;
          const std::string path = found.path.empty() ? after.path.text() : found.path;
          const std::string why = found.reason.empty() ? "" : concat(": ", found.reason);
          print(concat(mark_of(found.kind), shown_name(path), shown_name(why), "\n"));
        },
        [&](const PassProgress& pass) {
          line.show(pass.member, pass.done_bytes, pass.total_bytes);
        },
        registry.stop);
  }
  print(concat(report.added, " added, ", report.removed, " removed, ", report.changed, " changed, ",
               report.same, " the same",
               report.unread > 0 ? concat(", ", report.unread, " not comparable") : "", "\n"));
  const bool first_problems = tell_problems(before);
  const bool problems = tell_problems(after) || first_problems;
  return report.unread > 0 || problems ? exit_code_of(ErrorKind::kPartial) : 0;
}

}  // namespace

void add_diff_command(const Registry& registry) {
  struct Words {
    std::string before, after;
  };
  auto words = std::make_shared<Words>();
  const ArgumentParser command = registry.program.command(
      "diff", "Say which files were added (+), removed (-) or changed (~) between two backups");
  command.word("before", words->before, "BACKUP or BACKUP:PATH", Presence::kRequired);
  command.word("after", words->after, "BACKUP or BACKUP:PATH", Presence::kRequired);
  command.when_chosen([registry, words] {
    registry.chosen = [registry, words] { return diff(registry, words->before, words->after); };
  });
}

}  // namespace backshelf
