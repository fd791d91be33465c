#include <algorithm>

#include "engine/base/error.h"
#include "engine/control/control.h"

namespace backshelf {
namespace {

StatusFacts::Place look_at(Location& location) {
  StatusFacts::Place place;
  place.name = location.name();
  try {
    const Space space = location.space();
    place.free_bytes = space.free_bytes;
    place.total_bytes = space.total_bytes;
    place.state = location.read_only() ? "read-only" : space.free_bytes == 0 ? "full" : "ok";
  } catch (const Error& error) {  // isolation: one location of several
    place.state = error.kind() == ErrorKind::kNotFound ? "away" : "failed";
    place.problem = error.what();
  }
  return place;
}

std::size_t backups_in(const Shelf& shelf, const std::string& place) {
  return static_cast<std::size_t>(std::count_if(
      shelf.backups.begin(), shelf.backups.end(),
      [&](const BackupPtr& backup) { return backup->location == place && !backup->growing; }));
}

// It could not take the last backup, and could not take it now.
bool is_too_full(const StatusFacts& facts, const StatusFacts::Place& place) {
  if (place.state != "ok" || !facts.jobs.last_backup) return false;
  const LastBackup& last = *facts.jobs.last_backup;
  const BackupPtr made = facts.shelf->find(last.folder);
  return made && place.free_bytes < made->object.size &&
         std::any_of(last.locations.begin(), last.locations.end(),
                     [&](const auto& one) { return one.location == place.name && !one.ok; });
}

}  // namespace

DiskFacts look_at_disks(Catalog& catalog) {
  DiskFacts facts;
  for (const auto& location : catalog.locations()) facts.locations.push_back(look_at(*location));
  facts.deleted = catalog.deleted();
  facts.delayed = catalog.delayed_deletes();
  return facts;
}

StatusFacts gather_status(DiskFacts disks, const Catalog& catalog, const Jobs& jobs,
                          const Clock& clock) {
  StatusFacts facts;
  facts.jobs = jobs.state();
  facts.shelf = catalog.shelf();
  facts.opening = catalog.opening();
  if (facts.jobs.state == "idle" && !facts.opening.empty()) facts.jobs.state = "opening";
  facts.locations = std::move(disks.locations);
  for (StatusFacts::Place& place : facts.locations) {
    place.backups = backups_in(*facts.shelf, place.name);
    if (is_too_full(facts, place)) place.state = "full";
  }
  facts.deleted = std::move(disks.deleted);
  facts.delayed = std::move(disks.delayed);
  facts.now = clock.now();
  for (const BackupPtr& backup : facts.shelf->backups) {
    facts.key_needed |= backup->state == State::kNeedsKey || backup->state == State::kWrongKey;
  }
  return facts;
}

}  // namespace backshelf
