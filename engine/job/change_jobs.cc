#include "engine/job/change_jobs.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "engine/job/in_use.h"

namespace backshelf {
namespace {

// `change` returns the name by which the backup is called in the answer.
std::string for_each(const char* verb, const std::string& done_word,
                     const std::vector<std::string>& folders,
                     const std::function<std::string(const std::string&)>& change) {
  if (folders.empty()) {
    throw Error(ErrorKind::kUsage, verb, "no backup is named", "give the folder's name");
  }
  std::string done;
  std::string failed;
  std::optional<Error> first;
  for (const std::string& folder : folders) {
    try {
      const std::string name = change(folder);
      done += concat(done.empty() ? "" : ", ", name);
    } catch (const Error& error) {  // isolation: one backup of several
      failed += concat(failed.empty() ? "" : "; ", error.what());
      if (!first) first = error;
    }
  }
  if (!first) return concat(done_word, " ", done);
  if (done.empty()) throw *first;
  throw Error(ErrorKind::kPartial, verb, failed, concat(done_word, " ", done));
}

// A pin that a restart forgets protects nothing, so it must not look like one that holds.
void require_saved(const JobParts& parts, const char* verb, const std::string& folder) {
  if (parts.state == nullptr || parts.state->saved()) return;
  throw Error(ErrorKind::kIo, concat(verb, " ", folder),
              concat("it could not be saved: ", parts.state->problem()),
              concat("make ", parts.state->directory(), " writable or make room, then try again"));
}

bool waits(const Catalog& catalog, const Backup& backup) {
  const std::vector<DelayedDelete> all = catalog.delayed_deletes();
  return std::any_of(all.begin(), all.end(), [&](const DelayedDelete& one) {
    return one.location == backup.location && one.file == backup.object.name;
  });
}

}  // namespace

std::string delete_backups(const JobParts& parts, JobBoard& board, const DeleteCommand& command) {
  std::string waiting;
  std::string answer = for_each("delete", "deleted", command.folders, [&](const std::string& word) {
    const BackupPtr backup = parts.catalog.resolve(word);
    check_not_in_use(board.snapshot(), backup->folder);
    parts.catalog.remove(*backup, command.force);
    board.cancel_verify(backup->folder);
    if (waits(parts.catalog, *backup)) {
      waiting += concat(waiting.empty() ? "" : "; ", backup->folder, " waits for location ",
                        backup->location);
    }
    return backup->folder;
  });
  if (waiting.empty()) return answer;
  throw Error(ErrorKind::kPartial, "delete", waiting, "it is done when the location is back");
}

std::string undelete_backups(const JobParts& parts, const UndeleteCommand& command) {
  return for_each("undelete", "brought back", command.folders, [&](const std::string& folder) {
    return parts.catalog.undelete(folder)->folder;
  });
}

std::string pin_backups(const JobParts& parts, const PinCommand& command) {
  const char* const verb = command.pin ? "pin" : "unpin";
  return for_each(verb, concat(verb, "ned"), command.folders, [&](const std::string& word) {
    const BackupPtr backup = parts.catalog.resolve(word);
    parts.catalog.set_pinned(*backup, command.pin);
    require_saved(parts, verb, backup->folder);
    return backup->folder;
  });
}

}  // namespace backshelf
