#include "engine/job/backup_lock.h"

#include <unistd.h>

namespace backshelf {
namespace {

constexpr const char* kLockFile = "/backup.lock";
constexpr const char* kHolderKey = "backup_by";  // in the state; true only while the lock is held

std::string directory_of(const JobParts& parts) {
  if (parts.state != nullptr) return parts.state->persistent() ? parts.state->directory() : "";
  return parts.config.state_path;
}

std::string holder(StateStore* state) {
  std::string name;
  // By update(), not read(): only that sees what another process wrote.
  if (state != nullptr) {
    state->update([&](Json& json) { name = json[kHolderKey].text_or({}); });
  }
  return name.empty() ? "another process" : name;
}

Error busy(StateStore* state) {
  const std::string name = holder(state);
  const bool restores = name.starts_with("a restore");
  return {ErrorKind::kBusy, "the home",
          concat(name, restores ? " runs now" : " is making a backup now"),
          "wait for it, or cancel it there"};
}

}  // namespace

void BackupLock::check(const JobParts& parts) {
  const std::string directory = directory_of(parts);
  if (directory.empty() || !find_status(directory)) return;
  if (!FileLock::try_take(concat(directory, kLockFile))) throw busy(parts.state);
}

BackupLock BackupLock::take(const JobParts& parts, const std::string& who) {
  const std::string directory = directory_of(parts);
  if (directory.empty()) return BackupLock(std::nullopt);
  make_directories(directory, 0700);
  std::optional<FileLock> lock = FileLock::try_take(concat(directory, kLockFile));
  if (!lock) throw busy(parts.state);
  if (parts.state != nullptr) {
    const std::string name = concat(who, " (process ", ::getpid(), ")");
    parts.state->update([&](Json& json) { json.set(kHolderKey, name); });
  }
  return BackupLock(std::move(lock));
}

}  // namespace backshelf
