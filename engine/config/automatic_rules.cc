#include "engine/config/automatic_rules.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "engine/config/config_keys.h"

namespace backshelf {
namespace {

using std::chrono::days;

// The most days from one backup to the next.
days longest_pause(const std::string& schedule) {
  constexpr std::array<std::string_view, 7> kDays = {"mon", "tue", "wed", "thu",
                                                     "fri", "sat", "sun"};
  if (schedule == "daily") return days(1);
  std::vector<int> chosen;
  for (int i = 0; i < 14; ++i) {  // two weeks: the pause may go over a Sunday
    if (schedule.find(kDays[static_cast<std::size_t>(i % 7)]) != std::string::npos) {
      chosen.push_back(i);
    }
  }
  int longest = 1;
  for (std::size_t i = 1; i < chosen.size(); ++i) {
    longest = std::max(longest, chosen[i] - chosen[i - 1]);
  }
  return days(longest);
}

// Unknown names are another mistake, told elsewhere.
bool none_is_usable(const Config& config) {
  const auto& names = config.automatic.locations;
  const auto is_unusable = [&](const std::string& name) {
    return std::any_of(config.locations.begin(), config.locations.end(), [&](const auto& place) {
      return place.name == name && place.type != location_types().front();
    });
  };
  return !names.empty() && std::all_of(names.begin(), names.end(), is_unusable);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> settle_automatic(Config& config, bool given) {
  std::vector<std::pair<std::string, std::string>> problems;
  AutomaticConfig& automatic = config.automatic;
  if (automatic.days == "never") return problems;
  const days pause = longest_pause(automatic.days);
  if (!given) {
    automatic.stale_after = std::max<std::chrono::seconds>(automatic.stale_after, pause + days(1));
  } else if (automatic.stale_after < pause) {
    problems.emplace_back(
        "stale_after",
        concat("stale_after is shorter than the pause between two backups (days = ", automatic.days,
               "), so they would always be stale; make it at least ", pause.count(), "d"));
  }
  if (automatic.jitter >= days(1)) {
    problems.emplace_back("jitter", "jitter must be less than 24h");
  }
  if (none_is_usable(config)) {
    problems.emplace_back("locations",
                          "none of these locations can be written by this version, so no automatic "
                          "backup could be made; add one of type = directory");
  }
  return problems;
}

}  // namespace backshelf
