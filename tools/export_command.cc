#include "engine/archive/export_archive.h"
#include "engine/base/error.h"
#include "engine/home/glob.h"
#include "engine/keys/key_files.h"
#include "engine/keys/key_ring.h"
#include "tools/backup_target.h"
#include "tools/commands.h"
#include "tools/new_archive.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

struct ExportWords {
  std::string backup, file, new_key_file, securetar;
  std::vector<std::string> exclude;
  bool decrypt = false, without_database = false;
};

void check_words(const ExportWords& words) {
  const auto refuse = [](const char* what, const char* why, const char* todo) {
    throw Error(ErrorKind::kUsage, what, why, todo);
  };
  if (words.decrypt && !words.new_key_file.empty()) {
    refuse("export", "both --decrypt and --new-key-file were given", "give one of them");
  }
  if (words.decrypt && !words.securetar.empty()) {
    refuse("export", "both --decrypt and --securetar were given", "give one of them");
  }
  if (!words.securetar.empty() && words.securetar != "2" && words.securetar != "3") {
    refuse("--securetar", "it is neither 2 nor 3",
           "3 is today's; 2 is for Home Assistant before 2026.3");
  }
}

// What HA leaves out of a backup without its database, and what was asked for.
std::function<bool(const std::string&)> leaves_out(const ExportWords& words) {
  GlobSet globs(words.exclude);
  if (words.without_database) {
    globs.add("config/home-assistant_v?.db");
    globs.add("config/home-assistant_v?.db-wal");
  } else if (words.exclude.empty()) {
    return {};
  }
  return [globs](const std::string& path) { return globs.matches(path); };
}

int export_backup(const Registry& registry, const ExportWords& words) {
  check_words(words);
  std::unique_ptr<KeyRing> new_keys;
  if (!words.new_key_file.empty()) {
    new_keys = KeyRing::make(load_keys({words.new_key_file}, KeyConfig{}));
  }
  ExportPlan plan;
  plan.decrypt = words.decrypt;
  plan.new_keys = new_keys.get();
  if (!words.securetar.empty()) plan.securetar = words.securetar == "2" ? 2 : 3;
  plan.leaves_out = leaves_out(words);
  plan.without_database = words.without_database;

  const Target target = find_target(registry.bench, words.backup, WithPath::kNo);
  const NewArchive file = begin_archive(words.file);
  WorkerPool pool;
  ExportReport report;
  {
    ProgressLine line(registry.bench.options().quiet);
    report = target.archive->export_to(
        plan, {*file.object, pool},
        [&](const PassProgress& pass) {
          line.show(pass.member, pass.done_bytes, pass.total_bytes);
        },
        registry.stop);
  }
  const ObjectInfo made = file.object->commit(file.name);
  if (const std::string problem = target.archive->problem(); !problem.empty()) {
    print_error(concat(target.word, ": ", problem));
  }
  if (registry.bench.options().quiet) return 0;
  const std::string omitted =
      plan.leaves_out ? concat(", left out: ", report.left_out, " files and folders") : "";
  print(concat("wrote ", shown_name(words.file), ": ", report.parts, " parts, ", made.size,
               " bytes", omitted, "\n"));
  return 0;
}

}  // namespace

void add_export_command(const Registry& registry) {
  auto words = std::make_shared<ExportWords>();
  const ArgumentParser command = registry.program.command(
      "export", "Write a new archive of a backup, one that Home Assistant restores");
  command.word("backup", words->backup, "BACKUP", Presence::kRequired);
  command.word("file", words->file, "The new archive; it must not exist", Presence::kRequired);
  command.flag("--decrypt", words->decrypt, "Not encrypted");
  command.option("--new-key-file", words->new_key_file, "Encrypted with the key in this file", "K");
  command.option("--securetar", words->securetar, "2 for Home Assistant before 2026.3, else 3",
                 "2|3");
  command.flag("--without-database", words->without_database, "Without the recorder's database");
  command.repeated("--exclude", words->exclude, "Without what matches, as in [home] exclude",
                   "GLOB");
  command.when_chosen([registry, words] {
    registry.chosen = [registry, words] { return export_backup(registry, *words); };
  });
}

}  // namespace backshelf
