#include "engine/job/estimate.h"

#include "engine/job/backup_plan.h"
#include "engine/job/past_sizes.h"

namespace backshelf {
namespace {

void count_parts(const BackupPlan& plan, const std::stop_token& stop, HomeEstimate& estimate) {
  for (const PartPlan& part : plan.write.parts) {
    try {
      const PartEstimate found = estimate_part(plan.layout, plan.source, part.part, stop);
      estimate.files += found.files;
      estimate.bytes += found.bytes;
      estimate.database_bytes += found.database_bytes;
      estimate.parts.push_back(found);
    } catch (const Error& error) {  // isolation: one part of several
      if (error.kind() == ErrorKind::kInterrupted) throw;
      estimate.problems.push_back({part.part, error.why()});
    }
  }
}

HomeEstimate::Place look_at(Location& location) {
  HomeEstimate::Place place{.location = location.name(), .space = {}, .problem = {}};
  try {
    place.space = location.space();
    if (place.space.total_bytes == 0) place.problem = "it does not tell its space";
  } catch (const Error& error) {  // isolation: one location of several
    place.problem = error.why();
  }
  return place;
}

}  // namespace

HomeEstimate estimate_home(const JobParts& parts, const BackupCommand& command,
                           std::stop_token stop) {
  const BackupPlan plan = plan_backup(parts, command);
  HomeEstimate estimate;
  estimate.problems = plan.problems;
  count_parts(plan, stop, estimate);
  const HomePart* const config = plan.layout.find("config");
  if (config != nullptr && estimate.database_bytes > 0) {
    estimate.recorder = read_recorder(config->trees.front().directory);
  }
  const auto same = find_past_size(parts.state, plan);
  const auto past = same ? same : find_newest_size(parts.state);
  if (past) estimate.archive_bytes = past->expected(estimate.bytes);
  estimate.by_same_parts = same.has_value();
  for (const BackupPlan::Place& place : plan.places) {
    estimate.places.push_back(look_at(*place.location));
  }
  return estimate;
}

}  // namespace backshelf
