#include "engine/job/restore_job.h"

namespace backshelf {

std::string restore_backup(const JobParts&, const RestoreCommand&, JobBoard&, RunningJob&,
                           std::stop_token) {
  throw Error(ErrorKind::kUsage, "restore", "this command is not in this version");
}

}  // namespace backshelf
