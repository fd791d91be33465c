// The folder of the backup that is being made, by mkdir or otherwise: it is there at once, and
// holds nothing but `status` until the archive stands in its place.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/clock.h"
#include "engine/base/guarded.h"
#include "engine/base/log.h"
#include "engine/catalog/catalog.h"
#include "engine/job/jobs.h"

namespace backshelf {

// Thread-safe. There is one at most: a second backup is refused while one is made.
class NewBackup {
 public:
  // Between a mkdir and the backup: who fills the new folder meanwhile did not want one.
  static constexpr std::chrono::seconds kGrace{3};

  NewBackup(Catalog& catalog, Jobs& jobs, const Clock& clock, Log& log);  // all borrowed

  struct Info {
    std::uint64_t id = 0;  // never used twice while the daemon lives
    std::string name;
    Timestamp since;
    bool has_status = true;  // its file was not removed: the first half of `rm -r`
  };
  [[nodiscard]] std::optional<Info> shown();  // nullopt: none is being made

  // Throws Error: kInvalid (a name that a backup could not keep), kExists (another folder than
  // `except` has it, or a file).
  void check_name(const std::string& name, const std::string& except) const;
  // mkdir. Throws Error: kInvalid (a name that the backup could not keep), kExists, kBusy, and what
  // the backup would be refused for.
  Info begin(const std::string& name);
  // The archive will have this name. Throws as begin(), and kNotFound: no such one is being made.
  void rename(const std::string& from, const std::string& to);
  // rmdir: it is not made. Throws kNotFound.
  void cancel(const std::string& name);
  void remove_status(std::uint64_t id);
  // Somebody wants to put something in: that was a copy of a folder. A backup that has not begun
  // is none then.
  [[noreturn]] void refuse_inside(std::uint64_t id, const std::string& name);
  // Now and then: starts the backup when its time has come.
  void tick();

 private:
  // kAsking: the jobs are being asked for it, and do not show it yet.
  enum class Phase { kGrace, kAsking, kQueued };
  struct Current {
    Info info;
    Phase phase = Phase::kGrace;
    bool cancelled = false;                       // and not ended yet
    std::chrono::steady_clock::time_point due{};  // the end of the grace
    Instant started{};                            // of the job, once it runs
  };
  struct State {
    std::uint64_t last_id = 0;
    std::optional<Current> current;
  };
  void follow(State& state) const;
  [[nodiscard]] std::optional<Info> take_due();
  void settle(const Info& asked);

  Catalog& catalog_;
  Jobs& jobs_;
  const Clock& clock_;
  Log& log_;
  Guarded<State> state_;
};

}  // namespace backshelf
