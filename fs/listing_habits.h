// Who lists folders without ever looking at the files: such a walk is answered with names alone,
// because attributes cost the kernel an inode for each file.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>

#include "engine/base/guarded.h"

namespace backshelf {

// Thread-safe. A guess: wrong, it costs time.
class ListingHabits {
 public:
  // `pid` opens a folder of `entries` entries. True: names will do for its files.
  [[nodiscard]] bool opens(pid_t pid, std::uint32_t entries);
  // `pid` asks for one file by its name.
  void asks_for_file(pid_t pid);

 private:
  // After two folders one small enough to be asked for one by one is tried with names.
  static constexpr std::uint32_t kTriedAfter = 2;
  static constexpr std::uint32_t kTriedEntries = 128;
  static constexpr std::size_t kMaxKnown = 256;  // processes; then all are forgotten

  struct Habit {
    std::uint32_t folders = 0;
    bool names_given = false, wants_attributes = false;
  };
  Guarded<std::map<pid_t, Habit>> habits_;
};

}  // namespace backshelf
