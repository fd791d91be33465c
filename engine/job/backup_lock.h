// One backup at a time, whoever makes it: daemon and command line agree through a lock in the
// state directory.
#pragma once

#include <optional>
#include <string>

#include "engine/disk/file.h"
#include "engine/job/jobs.h"

namespace backshelf {

class BackupLock {
 public:
  // `who` is named to others who are refused meanwhile: "the daemon". Throws Error(kBusy) naming
  // who makes a backup now. Without a state directory nothing is locked.
  [[nodiscard]] static BackupLock take(const JobParts& parts, const std::string& who);
  // Throws as take(), and takes nothing.
  static void check(const JobParts& parts);

 private:
  explicit BackupLock(std::optional<FileLock> lock) : lock_(std::move(lock)) {}
  std::optional<FileLock> lock_;
};

}  // namespace backshelf
