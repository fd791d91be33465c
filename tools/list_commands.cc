#include "engine/base/error.h"
#include "engine/control/control.h"
#include "tools/backup_target.h"
#include "tools/commands.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

int show(const Registry& registry, const std::string& word, bool json) {
  Target target = find_target_on_shelf(registry.bench, word);
  target.archive->check();
  remember_findings(registry.bench, target, std::nullopt);
  const Backup backup = backup_of(target);
  print(json ? concat(print_json(backup_json(backup), 1), "\n") : show_text(backup));
  return 0;
}

struct ListOptions {
  bool json = false, check = false, deleted = false;
};

int list_deleted(Catalog& catalog, bool json) {
  Json rows = Json::array();
  for (const DeletedBackup& gone : catalog.deleted()) {
    if (!json) {
      print(concat(shown_name(gone.folder), "  in ", gone.location, "  until ",
                   to_rfc3339_local(gone.until), "\n"));
      continue;
    }
    Json row = Json::object();
    row.set("folder", gone.folder).set("location", gone.location).set("file", gone.file);
    row.set("deleted", to_rfc3339(gone.when)).set("until", to_rfc3339(gone.until));
    rows.push(std::move(row));
  }
  if (json) print(concat(print_json(rows, 1), "\n"));
  return 0;
}

// All but those that are still being written.
std::vector<BackupPtr> listed(const Catalog& catalog) {
  std::vector<BackupPtr> backups = catalog.shelf()->backups;
  std::erase_if(backups, [](const BackupPtr& backup) { return backup->growing; });
  return backups;
}

void check(Catalog& catalog, const Backup& backup) {
  try {
    const std::shared_ptr<Archive> archive = catalog.open(backup);
    archive->check();
    catalog.remember(backup, *archive, std::nullopt);
  } catch (const Error& error) {  // isolation: one archive
    print_error(error.in(backup.folder).what());
  }
}

int list(const Registry& registry, const ListOptions& options) {
  Catalog& catalog = registry.bench.catalog();
  if (options.deleted) return list_deleted(catalog, options.json);
  if (options.check) {
    for (const BackupPtr& backup : listed(catalog)) check(catalog, *backup);
  }
  const std::vector<BackupPtr> backups = listed(catalog);
  if (!options.json) {
    print(list_text(backups));
    return 0;
  }
  Json rows = Json::array();
  for (const BackupPtr& backup : backups) rows.push(backup_json(*backup));
  print(concat(print_json(rows, 1), "\n"));
  return 0;
}

}  // namespace

void add_list_commands(const Registry& registry) {
  auto options = std::make_shared<ListOptions>();
  const ArgumentParser all = registry.program.command("list", "List all backups");
  all.flag("--json", options->json, "For programs");
  all.flag("--check", options->check, "Open each of them");
  all.flag("--deleted", options->deleted, "Deleted ones that undelete can bring back");
  all.when_chosen([registry, options] {
    registry.chosen = [registry, options] { return list(registry, *options); };
  });
  auto word = std::make_shared<std::string>();
  const ArgumentParser one = registry.program.command("show", "Say what one backup holds");
  one.word("backup", *word, "BACKUP", Presence::kRequired);
  one.flag("--json", options->json, "For programs");
  one.when_chosen([registry, word, options] {
    registry.chosen = [registry, word, options] { return show(registry, *word, options->json); };
  });
}

}  // namespace backshelf
