#include "engine/archive/repair_archive.h"
#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "tools/backup_target.h"
#include "tools/commands.h"
#include "tools/new_archive.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

std::string without_folder(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// What a backup.json that is made anew says: its archive's name and time are all there is to know.
RepairPlan plan_for(const Target& target) {
  RepairPlan plan;
  std::string name = without_folder(target.word);
  if (name.ends_with(".tar")) name.resize(name.size() - 4);
  plan.name = concat("Repaired ", name);
  const auto status = find_status(target.word);
  plan.date = to_rfc3339(status ? to_instant(mtime_of(*status)) : SystemClock().now());
  return plan;
}

void tell(const RepairReport& report, bool quiet) {
  for (const LostEntry& lost : report.lost) {
    print(concat("lost: ", shown_name(lost.path), ": ", shown_name(lost.reason), "\n"));
  }
  if (quiet) return;
  for (const std::string& remark : report.remarks) print(concat(shown_name(remark), "\n"));
}

int repair(const Registry& registry, const std::string& word, const std::string& out) {
  const bool quiet = registry.bench.options().quiet;
  const Target target = find_target(registry.bench, word, WithPath::kNo);
  const NewArchive file = begin_archive(out);
  WorkerPool pool;
  RepairReport report;
  {
    ProgressLine line(quiet);
    report = target.archive->repair_to(
        plan_for(target), {*file.object, pool},
        [&](const PassProgress& pass) {
          line.show(pass.member, pass.done_bytes, pass.total_bytes);
        },
        registry.stop);
  }
  if (report.nothing_to_repair) {
    if (!quiet) print(concat(shown_name(word), ": it is sound; nothing was written\n"));
    return 0;
  }
  const ObjectInfo made = file.object->commit(file.name);
  tell(report, quiet);
  if (!quiet) {
    print(concat("wrote ", shown_name(out), ": ", report.parts, " parts (", report.repacked,
                 " packed anew), ", made.size, " bytes; ",
                 report.lost.empty() ? "nothing was lost"
                                     : concat("lost: ", report.lost.size(), ", named above"),
                 "\n"));
  }
  return report.lost.empty() ? 0 : exit_code_of(ErrorKind::kPartial);
}

}  // namespace

void add_repair_command(const Registry& registry) {
  struct Words {
    std::string backup, file;
  };
  auto words = std::make_shared<Words>();
  const ArgumentParser command = registry.program.command(
      "repair", "Write a sound archive of what can be read of a damaged one");
  command.word("backup", words->backup, "FILE, or BACKUP", Presence::kRequired);
  command.word("file", words->file, "The new archive; it must not exist", Presence::kRequired);
  command.when_chosen([registry, words] {
    registry.chosen = [registry, words] { return repair(registry, words->backup, words->file); };
  });
}

}  // namespace backshelf
