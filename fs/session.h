// The mount itself: one FUSE session over a shelf, from mount to unmount.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "fs/mount_options.h"
#include "fs/parts.h"

namespace backshelf {

class Session {
 public:
  struct Options {
    std::string mount_point;  // absolute, an existing folder
    MountOptions mount;
    bool allow_other = false;
    std::function<void()> before_mount;  // immediately before it
    std::function<void()> on_started;    // once, from another thread: users can look inside now
  };
  // Mounts. `parts` is copied; what it refers to is borrowed. Throws Error(kIo, kNotPermitted) with
  // what to do about it.
  Session(const ShelfParts& parts, Options options);
  ~Session();  // unmounts, lazily when somebody is still inside
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Serves until somebody unmounts, or stop(). Call once.
  void run();
  void stop();  // from any thread; run() returns soon

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace backshelf
