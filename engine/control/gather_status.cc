#include "engine/base/error.h"
#include "engine/control/control.h"

namespace backshelf {
namespace {

StatusFacts::Place look_at(Location& location, const Shelf& shelf) {
  StatusFacts::Place place;
  place.name = location.name();
  for (const BackupPtr& backup : shelf.backups) {
    if (backup->location == place.name && !backup->growing) ++place.backups;
  }
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

}  // namespace

StatusFacts gather_status(Catalog& catalog, const Jobs& jobs, const Clock& clock) {
  StatusFacts facts;
  facts.jobs = jobs.state();
  facts.shelf = catalog.shelf();
  for (const auto& location : catalog.locations()) {
    facts.locations.push_back(look_at(*location, *facts.shelf));
  }
  facts.deleted = catalog.deleted();
  facts.now = clock.now();
  for (const BackupPtr& backup : facts.shelf->backups) {
    facts.key_needed |= backup->state == State::kNeedsKey || backup->state == State::kWrongKey;
  }
  return facts;
}

}  // namespace backshelf
