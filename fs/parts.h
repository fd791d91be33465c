// What the shelf stands on while it is mounted.
#pragma once

#include "engine/base/clock.h"
#include "engine/base/guarded.h"
#include "engine/base/log.h"
#include "engine/catalog/catalog.h"
#include "engine/job/jobs.h"
#include "fs/attributes.h"
#include "fs/control_file.h"
#include "fs/delete_sessions.h"
#include "fs/status_files.h"
#include "fs/uploads.h"

namespace backshelf {

// All borrowed, all thread-safe, all living longer than the session.
struct ShelfParts {
  Catalog& catalog;
  Jobs& jobs;
  const Clock& clock;
  Log& log;
  DeleteSessions& deletes;
  Uploads& uploads;
  ControlFile& control;
  StatusFiles& status;
  Presentation how;
  bool read_only = false;  // no configuration, or mounted ro: every change is kReadOnly
  bool deny_delete = false;
};

}  // namespace backshelf
