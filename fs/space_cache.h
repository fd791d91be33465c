// Free space as `df` and file managers see it: asked by every command, so answered from memory.
#pragma once

#include "engine/base/guarded.h"
#include "engine/catalog/catalog.h"

namespace backshelf {

// Thread-safe.
class SpaceCache {
 public:
  SpaceCache(Catalog& catalog, const Clock& clock, Log& log);  // borrowed
  [[nodiscard]] Space last();  // of the first location; wishes for a newer value when it is old
  // Asks the location when somebody wished for it. May block: for a thread that can wait.
  void refresh_if_wanted();

 private:
  struct State {
    Space space;
    std::chrono::steady_clock::time_point asked{};
    bool wanted = true;
  };
  Catalog& catalog_;
  const Clock& clock_;
  Log& log_;
  Guarded<State> state_;
};

}  // namespace backshelf
