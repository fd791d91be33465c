// The rooms of the engine wired for a mount, from the configuration to the session.
#pragma once

#include "tools/daemon_process.h"
#include "tools/mount_request.h"

namespace backshelf {

// Serves until somebody unmounts or a signal ends it; returns the exit code. Throws Error before it
// is ready.
[[nodiscard]] int serve_shelf(const MountRequest& request, const OnReady& on_ready);

}  // namespace backshelf
