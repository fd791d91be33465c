// The files `status`, `status.json` and `log` at the top of the shelf, and the copy of status.json
// in the state directory.
#pragma once

#include <memory>
#include <string>

#include "engine/base/log.h"
#include "engine/catalog/catalog.h"
#include "engine/control/control.h"
#include "engine/job/jobs.h"

namespace backshelf {

enum class StatusFile { kStatus, kJson, kLog };

// Thread-safe.
class StatusFiles {
 public:
  struct Parts {
    Catalog& catalog;
    const Jobs& jobs;
    const Clock& clock;
    RingLog& log;
    StateStore& state;  // not persistent: nothing is written
  };
  [[nodiscard]] static std::unique_ptr<StatusFiles> make(Parts parts);
  virtual ~StatusFiles() = default;

  // The content as it is now; an open handle keeps the one it was opened with. Must be quick: it is
  // also asked for the size alone. Never empty but for the log.
  [[nodiscard]] virtual std::shared_ptr<const std::string> content(StatusFile file) const = 0;
  // What was agreed with the kernel; shown from then on.
  virtual void set_mount(const StatusFacts::Mount& mount) = 0;
  // Asks the locations anew when somebody looked at the status since, or `changed`. May block: for
  // a thread that can wait.
  virtual void refresh(bool changed) = 0;
  // Writes STATE/status.json (0600, atomically) when its content, time aside, changed since the
  // last time. A failure is logged once and tried again at the next call.
  virtual void save() = 0;
};

}  // namespace backshelf
