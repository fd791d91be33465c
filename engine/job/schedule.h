// When the next automatic backup is due: pure arithmetic on days, times and what ran before.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "engine/config/config.h"
#include "engine/job/local_time.h"

namespace backshelf {

struct Schedule {
  std::array<bool, 7> days{};   // Monday first; one of them at least
  std::chrono::seconds time{};  // of day, in the machine's time zone
  std::chrono::seconds jitter{};
  std::string seed;  // spreads the installations over the jitter
};

// nullopt: days = never. `seed` is any text of this installation.
[[nodiscard]] std::optional<Schedule> schedule_of(const AutomaticConfig& config, std::string seed);

// A slot is the one time of a day of the schedule at which a backup is due: `time` (see
// to_instant() for days on which the clock is changed) and a share of `jitter` that depends on seed
// and day alone, so that a restart moves nothing. The first slot after `after`.
[[nodiscard]] Instant next_slot(const Schedule& schedule, Instant after);

// What ran before, as far as it matters for what comes next.
struct Runs {
  Instant since;                     // the schedule is as it is since then
  std::optional<Instant> attempted;  // the last automatic backup began
  std::optional<Instant> highest;    // the latest of all such times: the clock may have gone back
};

// The instant after which the next slot is looked for: missed slots collapse into one run, which is
// due at once. A clock that went back by up to a day runs nothing twice and waits for that day; an
// instant further in the future was never real, and counts for nothing until it is near.
[[nodiscard]] Instant counted_from(const Runs& runs, Instant now);

}  // namespace backshelf
