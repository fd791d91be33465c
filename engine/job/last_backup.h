// The last backup as it stands in the state; part of engine/job only.
#pragma once

#include <optional>

#include "engine/job/jobs.h"
#include "engine/json/json.h"
#include "engine/tar/entry_source.h"

namespace backshelf {

inline constexpr std::size_t kMaxSkippedKept = 100;  // lines; a home on a dying disk has thousands

[[nodiscard]] Json print_last_backup(const LastBackup& last);
// nullopt when there was none, or what stands there is none.
[[nodiscard]] std::optional<LastBackup> parse_last_backup(const Json& json);
// "PATH: why" lines, at most kMaxSkippedKept of them and one that says how many more.
[[nodiscard]] std::vector<std::string> skipped_lines(const std::vector<Skipped>& skipped);

}  // namespace backshelf
