#include "tools/backup_target.h"

#include "engine/base/error.h"
#include "engine/disk/file.h"

namespace backshelf {
namespace {

bool is_there(const std::string& path) {
  const auto status = find_status(path);
  if (!status) return false;
  if (S_ISDIR(status->st_mode) && path.find('/') != std::string::npos) {
    throw Error(
        ErrorKind::kUsage, path, "it is a folder, not a backup",
        "give one archive, or show the whole folder with: backshelf mount FOLDER MOUNTPOINT");
  }
  return !S_ISDIR(status->st_mode);
}

RelPath parse_inner_path(std::string_view text) {
  const std::size_t start = text.find_first_not_of('/');
  auto path = RelPath::parse(start == std::string_view::npos ? "" : text.substr(start));
  if (!path) {
    throw Error(ErrorKind::kUsage, concat("path '", text, "'"), "it leads out of the backup",
                "give it as ls shows it");
  }
  return *std::move(path);
}

bool looks_like_file(std::string_view word) {
  return word.find('/') != std::string_view::npos || word.ends_with(".tar");
}

Target from_file(Workbench& bench, const std::string& path) {
  return {.word = path, .archive = bench.open_file(path)};
}

Target from_shelf(Workbench& bench, const std::string& word) {
  Target target;
  target.word = word;
  target.backup = bench.catalog().resolve(word);
  target.archive = bench.catalog().open(*target.backup);
  return target;
}

}  // namespace

Target find_target(Workbench& bench, const std::string& word, WithPath with_path) {
  if (is_there(word)) return from_file(bench, word);
  // A path may hold ':' itself, so the longest file name wins.
  for (std::size_t colon = word.rfind(':');
       with_path == WithPath::kYes && colon != std::string::npos && colon > 0;
       colon = word.rfind(':', colon - 1)) {
    const std::string file = word.substr(0, colon);
    if (is_there(file)) {
      Target target = from_file(bench, file);
      target.path = parse_inner_path(word.substr(colon + 1));
      return target;
    }
  }
  // Folder names and slugs hold no ':'.
  const std::size_t colon = with_path == WithPath::kYes ? word.find(':') : std::string::npos;
  const std::string name = word.substr(0, colon);
  if (looks_like_file(name)) {
    throw Error(ErrorKind::kNotFound, name, "there is no such file", "check the path");
  }
  Target target = from_shelf(bench, name);
  if (colon != std::string::npos) target.path = parse_inner_path(word.substr(colon + 1));
  return target;
}

Target find_target_on_shelf(Workbench& bench, const std::string& word) {
  Target target = find_target(bench, word, WithPath::kNo);
  if (target.backup) return target;
  target.backup = bench.find_on_shelf(word);
  // Opened anew: what is remembered must be about the file that the shelf knows.
  if (target.backup) target.archive = bench.catalog().open(*target.backup);
  return target;
}

void remember_findings(Workbench& bench, Target& target, std::optional<Instant> verified) {
  if (!target.backup) return;
  bench.catalog().remember(*target.backup, *target.archive, verified);
  if (auto now = bench.catalog().shelf()->by_slot(target.backup->slot)) target.backup = now;
}

Backup backup_of(const Target& target) {
  Backup backup;
  if (target.backup) {
    backup = *target.backup;
  } else {
    backup.object.name = target.word.substr(target.word.rfind('/') + 1);
    backup.folder = folder_name(backup.object.name);
    backup.object.size = target.archive->size();
    backup.is_protected = target.archive->is_protected();
  }
  backup.state = target.archive->state();
  backup.problem = target.archive->problem();
  backup.members = target.archive->members();
  if (const Metadata* metadata = target.archive->metadata()) {
    backup.slug = metadata->slug;
    backup.name = metadata->name;
    backup.date = metadata->date;
    backup.type = metadata->type;
    backup.homeassistant_version = metadata->homeassistant_version;
    const auto date = parse_iso8601(backup.date);
    if (date) backup.when = to_timestamp(*date);
  }
  return backup;
}

int readable_verdict(const Archive& archive) {
  std::optional<ErrorKind> worst = failure_of(archive.state());
  bool some = false;
  for (const MemberInfo& member : archive.members()) {
    const auto failure = failure_of(member.state);
    some = some || !failure;
    if (failure && (!worst || exit_code_of(*failure) > exit_code_of(*worst))) worst = failure;
  }
  if (!worst) return 0;
  return exit_code_of(some ? ErrorKind::kPartial : *worst);
}

FolderAttr find_entry(const Target& target, std::stop_token stop) {
  if (auto found = target.archive->find(target.path, stop)) return *found;
  for (const MemberInfo& member : target.archive->members()) {
    const bool inside = target.path.text() == member.folder ||
                        target.path.text().starts_with(concat(member.folder, "/"));
    if (const auto failure = failure_of(member.state); inside && failure) {
      throw Error(*failure, concat(target.word, ":", target.path.text()), member.problem);
    }
  }
  throw Error(ErrorKind::kNotFound, concat(target.word, ":", target.path.text()),
              "the backup holds no such file", concat("look with: backshelf ls ", target.word));
}

}  // namespace backshelf
