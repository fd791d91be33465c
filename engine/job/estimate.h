// What a backup would hold and need, without making it.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/home/home.h"
#include "engine/home/recorder.h"
#include "engine/job/jobs.h"

namespace backshelf {

struct HomeEstimate {
  struct Place {
    std::string location;
    Space space;          // deleted backups count as free
    std::string problem;  // empty: `space` is known
  };
  std::vector<PartEstimate> parts;  // in the order of the backup
  std::vector<Skipped> problems;    // of what cannot be stored or counted
  std::uint64_t files = 0, bytes = 0;
  std::uint64_t database_bytes = 0;  // of them, the recorder's; 0: none is stored
  RecorderFacts recorder;            // REQUIRES: database_bytes is not 0
  // By what the last backup made of its content; nullopt: this installation has made none.
  std::optional<std::uint64_t> archive_bytes;
  bool by_same_parts = false;  // that backup held the same parts
  std::vector<Place> places;
};

// Reads no file's content. Throws Error: as plan_backup(), kInterrupted.
[[nodiscard]] HomeEstimate estimate_home(const JobParts& parts, const BackupCommand& command,
                                         std::stop_token stop);

}  // namespace backshelf
