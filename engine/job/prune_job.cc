#include "engine/job/prune_job.h"

namespace backshelf {

std::string prune_backups(const JobParts&, const PruneCommand&, JobBoard&, RunningJob&,
                          std::stop_token) {
  throw Error(ErrorKind::kUsage, "prune", "this command is not in this version");
}

}  // namespace backshelf
