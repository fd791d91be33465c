#include "engine/job/copy_job.h"

namespace backshelf {

std::string copy_backups(const JobParts&, const CopyCommand&, JobBoard&, RunningJob&,
                         std::stop_token) {
  throw Error(ErrorKind::kUsage, "copy", "this command is not in this version");
}

}  // namespace backshelf
