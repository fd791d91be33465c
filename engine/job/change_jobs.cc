#include "engine/job/change_jobs.h"

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

}  // namespace

std::string delete_backups(const JobParts& parts, JobBoard& board, const DeleteCommand& command) {
  return for_each("delete", "deleted", command.folders, [&](const std::string& word) {
    const BackupPtr backup = parts.catalog.resolve(word);
    check_not_in_use(board.snapshot(), backup->folder);
    parts.catalog.remove(*backup, command.force);
    board.cancel_verify(backup->folder);
    return backup->folder;
  });
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
