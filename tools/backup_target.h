// BACKUP and BACKUP:PATH of the command line: an archive's path, a folder name, a slug, "latest",
// in this order.
#pragma once

#include <memory>
#include <string>

#include "engine/base/rel_path.h"
#include "tools/workbench.h"

namespace backshelf {

struct Target {
  std::string word;                  // as typed, without :PATH
  std::shared_ptr<Archive> archive;  // opened; keys not yet tried
  BackupPtr backup;                  // null when given by path
  RelPath path;                      // root when no :PATH was given
};

enum class WithPath { kNo, kYes };
// Throws Error: kNotFound, kUsage (ambiguous, no configuration, a path that climbs out), kIo.
[[nodiscard]] Target find_target(Workbench& bench, const std::string& word, WithPath with_path);
// The entry, with the reason when it is missing because its part cannot be opened (key, damage).
[[nodiscard]] FolderAttr find_entry(const Target& target, std::stop_token stop);
// What a member in this state is as an error; nullopt when it is readable.
[[nodiscard]] std::optional<ErrorKind> failure_of(State state);

}  // namespace backshelf
