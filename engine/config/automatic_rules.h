// What the settings of [automatic] mean together; part of engine/config only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/config/config.h"

namespace backshelf {

inline constexpr int kVerifyDays = 30;

// Settings that contradict each other: the key to blame, and why. Makes `stale_after` longer than
// the schedule's longest pause, unless it was `given`.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> settle_automatic(Config& config,
                                                                                bool given);

}  // namespace backshelf
