#include "engine/base/error.h"
#include "engine/control/control.h"
#include "tools/backup_target.h"
#include "tools/cli_glue.h"
#include "tools/commands.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

// An archive given by its path, in the shape of one on the shelf.
Backup backup_of(const Target& target) {
  if (target.backup) {
    Backup backup = *target.backup;
    backup.members = target.archive->members();
    backup.state = target.archive->state();
    backup.problem = target.archive->problem();
    return backup;
  }
  Backup backup;
  const std::string file = target.word.substr(target.word.rfind('/') + 1);
  backup.folder = folder_name(file);
  backup.object.name = file;
  backup.object.size = target.archive->size();
  backup.is_protected = target.archive->is_protected();
  backup.state = target.archive->state();
  backup.problem = target.archive->problem();
  backup.members = target.archive->members();
  if (const Metadata* metadata = target.archive->metadata()) {
    backup.slug = metadata->slug;
    backup.name = metadata->name;
    backup.date = metadata->date;
    backup.type = metadata->type;
    backup.homeassistant_version = metadata->homeassistant_version;
  }
  return backup;
}

int show(const Registry& registry, const std::string& word, bool json) {
  const Target target = find_target(registry.bench, word, WithPath::kNo);
  target.archive->check();
  const Backup backup = backup_of(target);
  if (target.backup) registry.bench.catalog().remember(*target.backup, *target.archive, {});
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
      print(concat(gone.folder, "  until ", to_rfc3339_local(gone.until), "\n"));
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

int list(const Registry& registry, const ListOptions& options) {
  Catalog& catalog = registry.bench.catalog();
  if (options.deleted) return list_deleted(catalog, options.json);
  if (options.check) {
    for (const BackupPtr& backup : catalog.shelf()->backups) {
      const std::shared_ptr<Archive> archive = catalog.open(*backup);
      archive->check();
      catalog.remember(*backup, *archive, {});
    }
    (void)catalog.refresh();
  }
  const auto shelf = catalog.shelf();
  if (!options.json) {
    print(list_text(shelf->backups));
    return 0;
  }
  Json rows = Json::array();
  for (const BackupPtr& backup : shelf->backups) rows.push(backup_json(*backup));
  print(concat(print_json(rows, 1), "\n"));
  return 0;
}

}  // namespace

void add_list_commands(const Registry& registry) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* all = registry.app.add_subcommand("list", "List all backups");
  all->add_flag("--json", options->json, "For programs");
  all->add_flag("--check", options->check, "Open each of them");
  all->add_flag("--deleted", options->deleted, "Deleted ones that undelete can bring back");
  all->callback([registry, options] {
    registry.chosen = [registry, options] { return list(registry, *options); };
  });
  auto word = std::make_shared<std::string>();
  CLI::App* one = registry.app.add_subcommand("show", "Say what one backup holds");
  one->add_option("backup", *word, "BACKUP")->required();
  one->add_flag("--json", options->json, "For programs");
  one->callback([registry, word, options] {
    registry.chosen = [registry, word, options] { return show(registry, *word, options->json); };
  });
}

}  // namespace backshelf
