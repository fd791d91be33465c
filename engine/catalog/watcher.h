// The thread that notices changes of locations and of the state; part of engine/catalog only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/unique_fd.h"
#include "engine/disk/file.h"
#include "engine/location/location.h"

namespace backshelf {

class Watcher {
 public:
  struct Calls {
    // Something may have changed; returns whether it changed the state itself.
    std::function<bool()> look;
    std::function<bool()> is_settling;               // an archive is still growing: look again soon
    std::function<void(const std::string&)> failed;  // why a round of the thread threw
  };
  // `state_directory` empty: none. Looks at once, then on every change, and at least every `poll`.
  Watcher(std::vector<std::shared_ptr<Location>> locations, std::string state_directory,
          std::chrono::seconds poll, Calls calls);
  ~Watcher();  // ends the thread
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

 private:
  void run(const std::stop_token& stop);
  void look_and_wait(const std::stop_token& stop);
  void pause() const;
  // Whether one of the watched places changed; waits until then, `limit_ms`, or a stop.
  [[nodiscard]] bool wait(int limit_ms);
  [[nodiscard]] bool state_changed();
  [[nodiscard]] std::string state_stamp() const;

  std::vector<std::shared_ptr<Location>> locations_;
  std::string state_directory_, last_state_;
  std::unique_ptr<DirectoryWatch> state_watch_;
  const std::chrono::milliseconds poll_;
  Calls calls_;
  UniqueFd wake_;
  std::jthread thread_;
};

}  // namespace backshelf
