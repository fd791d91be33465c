#include "engine/job/space_check.h"

#include <algorithm>

#include "engine/job/past_sizes.h"
#include "engine/job/places.h"

namespace backshelf {
namespace {

std::string shown(std::uint64_t bytes) {
  return bytes < kMiB ? concat(bytes / kKiB, " KiB") : concat(bytes / kMiB, " MiB");
}

// nullopt: the place does not say.
std::optional<std::uint64_t> free_bytes(const JobParts& parts, Location& location) {
  try {
    const Space space = location.space();
    if (space.total_bytes == 0) return std::nullopt;  // so do some network file systems
    return space.free_bytes;
  } catch (const Error& error) {  // isolation: one location of several
    parts.log.debug(concat("location ", location.name(), ": ", error.what()));
    return std::nullopt;
  }
}

bool is_short(std::uint64_t needed, std::uint64_t free) {
  return static_cast<double>(needed) * kSureShare > static_cast<double>(free);
}

std::uint64_t plain_bytes_now(const BackupPlan& plan, const std::stop_token& stop) {
  std::uint64_t bytes = 0;
  for (const PartPlan& part : plan.write.parts) {
    bytes += estimate_part(plan.layout, plan.source, part.part, stop).bytes;
  }
  return bytes;
}

Error no_space(const Config& config, const std::string& location, std::uint64_t needed,
               std::uint64_t free) {
  const LocationConfig* const own = find_config(config, location);
  const bool limited = own != nullptr && own->max_size;
  return {ErrorKind::kNoSpace, concat("location ", location),
          concat("no space for about ", shown(needed), ": ", shown(free), " are free",
                 limited ? " within its max_size" : "", ", deleted backups counted in"),
          limited ? "raise its max_size, make room there, or leave something out"
                  : "make room there, or leave something out"};
}

void refuse_when_none_is_left(const BackupPlan& plan) {
  std::string whys;
  for (const BackupPlan::Place& place : plan.places) {
    if (!place.failure) return;
    whys +=
        concat(whys.empty() ? "" : "; ", place.failure->what_failed(), ": ", place.failure->why());
  }
  throw Error(ErrorKind::kNoSpace, "the backup was not begun", whys,
              "make room there, or leave something out");
}

}  // namespace

void check_space(const JobParts& parts, BackupPlan& plan, std::stop_token stop) {
  const std::optional<PastSize> past = find_past_size(parts.state, plan);
  if (!past) return;
  std::optional<std::uint64_t> needed;
  for (BackupPlan::Place& place : plan.places) {
    const auto free = free_bytes(parts, *place.location);
    if (!free || !is_short(past->archive_bytes, *free)) continue;
    // Files may have gone since: that must not refuse the backup which they would let fit.
    if (!needed) needed = past->expected(plain_bytes_now(plan, stop));
    if (!is_short(*needed, *free)) continue;
    place.failure = no_space(parts.config, place.location->name(), *needed, *free);
  }
  if (needed) refuse_when_none_is_left(plan);
}

}  // namespace backshelf
