// A process of its own behind the command: the command returns when the daemon is ready, or with
// its exit code when it failed.
#pragma once

#include <functional>

namespace backshelf {

// What the daemon calls once, from any thread, when its work can be seen: lets the command return,
// leaves the terminal, and tells systemd (READY=1).
using OnReady = std::function<void()>;

// Runs `serve` in a child (or here when `foreground`) and returns the exit code for the command.
// `serve` returns its exit code. Call it before any thread is made.
[[nodiscard]] int run_daemon(bool foreground, const std::function<int(const OnReady&)>& serve);

}  // namespace backshelf
