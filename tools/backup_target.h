// BACKUP and BACKUP:PATH of the command line: an archive's path, a folder name, a slug, "latest",
// in this order.
#pragma once

#include <memory>
#include <string>

#include "engine/archive/state_failure.h"
#include "engine/base/rel_path.h"
#include "tools/workbench.h"

namespace backshelf {

struct Target {
  std::string word;                  // as typed, without :PATH
  std::shared_ptr<Archive> archive;  // opened; keys not yet tried
  BackupPtr backup = {};             // null when given by path
  RelPath path = {};                 // root when no :PATH was given
};

enum class WithPath { kNo, kYes };
// Throws Error: kNotFound, kUsage (ambiguous, no configuration, a path that climbs out), kIo.
[[nodiscard]] Target find_target(Workbench& bench, const std::string& word, WithPath with_path);
// The entry, with the reason when it is missing because its part cannot be opened (key, damage).
[[nodiscard]] FolderAttr find_entry(const Target& target, std::stop_token stop);
// The same for a command that remembers what it finds out: an archive given by its path that lies
// on the configured shelf is opened from there, and `backup` is not null.
[[nodiscard]] Target find_target_on_shelf(Workbench& bench, const std::string& word);
// Keeps what a check or verify found out, when the archive is on the shelf; `backup` is then what
// it has become.
void remember_findings(Workbench& bench, Target& target, std::optional<Instant> verified);
// The archive as `list` and `show` tell of it: as it is now.
[[nodiscard]] Backup backup_of(const Target& target);
// The exit code for looking into the whole archive: 0, 4 or 5 when nothing is readable, 8 when only
// a part of it is.
[[nodiscard]] int readable_verdict(const Archive& archive);

}  // namespace backshelf
