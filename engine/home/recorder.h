// What the recorder's database is like, for the estimate.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace backshelf {

inline constexpr int kDefaultKeepDays = 10;  // of Home Assistant (2026.11)

struct RecorderFacts {
  // purge_keep_days as it stands plainly in configuration.yaml; nullopt: not set there.
  std::optional<int> keep_days;
  std::uint64_t unused_bytes = 0;  // of the database, as its header says: a repack would free them
};
// Of a configuration's directory. What cannot be read is as if it were not there.
[[nodiscard]] RecorderFacts read_recorder(const std::string& directory);

}  // namespace backshelf
