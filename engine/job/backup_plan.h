// What one backup is to hold, what it is called, and where it goes: a command and a configuration
// become a plan, and every mistake in them is found before anything is written.
#pragma once

#include <string>
#include <vector>

#include "engine/archive/write_backup.h"
#include "engine/home/home.h"
#include "engine/job/jobs.h"

namespace backshelf {

// The lowest Supervisor that takes such a backup: a restore is refused when this is newer than the
// one installed (Supervisor 2026.08), and ours needs nothing newer than per-location encryption.
inline constexpr const char* kSupervisorVersion = "2025.01.0";

struct BackupPlan {
  WritePlan write;
  HomeLayout layout;
  HomeSourceOptions source;
  struct Place {
    std::shared_ptr<Location> location;
    bool encrypt = true;
    std::optional<Error> failure = std::nullopt;  // it is known before that nothing fits in there
  };
  std::vector<Place> places;      // never empty
  std::string file;               // archive name; taken ones get a number when it is written
  bool automatic = false;         // made by the schedule
  std::vector<Skipped> problems;  // of the home: what the chosen parts should hold and cannot
};

// Throws Error: kUsage (unknown part or location: the message lists what there is; a feature that
// is not in this version), kNotFound (no home), kReadOnly (no location can be written to).
[[nodiscard]] BackupPlan plan_backup(const JobParts& parts, const BackupCommand& command);

}  // namespace backshelf
