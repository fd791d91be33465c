#include "engine/job/in_use.h"

namespace backshelf {

void check_not_in_use(const JobsState& now, const std::string& folder) {
  const bool reads = now.state == "restore" || now.state == "copy";
  if (!reads || !now.job || now.job->folder != folder) return;
  throw Error(ErrorKind::kBusy, concat("delete ", folder),
              now.state == "restore" ? "it is being restored now" : "it is being copied now",
              "wait for it, or cancel it");
}

}  // namespace backshelf
