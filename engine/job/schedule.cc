#include "engine/job/schedule.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace backshelf {
namespace {

using std::chrono::days;
using std::chrono::seconds;

constexpr std::array<std::string_view, 7> kDayNames = {"mon", "tue", "wed", "thu",
                                                       "fri", "sat", "sun"};
constexpr seconds kMostJitter = std::chrono::hours(24) - seconds(1);  // slots keep their order
constexpr std::chrono::hours kBelievable(24);  // ahead of the clock: a change of zone by hand

// FNV-1a: the same on every machine and in every version.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash ^ (hash >> 32);
}

seconds time_of(std::string_view text) {
  const std::size_t colon = text.find(':');
  int hour = 0, minute = 0;
  (void)std::from_chars(text.data(), text.data() + colon, hour);
  (void)std::from_chars(text.data() + colon + 1, text.data() + text.size(), minute);
  return std::chrono::hours(hour) + std::chrono::minutes(minute);
}

bool is_on(const Schedule& schedule, Day day) {
  return schedule.days[std::chrono::weekday(day).iso_encoding() - 1];
}

Instant slot_of(const Schedule& schedule, Day day) {
  const Instant time = to_instant(day, schedule.time);
  if (schedule.jitter <= seconds(0)) return time;
  const auto share = hash_of(concat(schedule.seed, " ", day.time_since_epoch().count())) %
                     static_cast<std::uint64_t>(schedule.jitter.count());
  return time + seconds(share);
}

}  // namespace

std::optional<Schedule> schedule_of(const AutomaticConfig& config, std::string seed) {
  if (config.days == "never") return std::nullopt;
  Schedule schedule;
  for (std::size_t i = 0; i < kDayNames.size(); ++i) {
    schedule.days[i] =
        config.days == "daily" || config.days.find(kDayNames[i]) != std::string::npos;
  }
  schedule.time = time_of(config.time);
  schedule.jitter = std::min(config.jitter, kMostJitter);
  schedule.seed = std::move(seed);
  return schedule;
}

Instant next_slot(const Schedule& schedule, Instant after) {
  const Day today = to_local(after).day;
  std::optional<Instant> next;
  // From two days back, whose jitter may reach into today, to one more than a week ahead.
  for (Day day = today - days(2); day <= today + days(8); day += days(1)) {
    if (!is_on(schedule, day)) continue;
    const Instant slot = slot_of(schedule, day);
    if (slot > after && (!next || slot < *next)) next = slot;
  }
  return *next;
}

Instant counted_from(const Runs& runs, Instant now) {
  std::optional<Instant> from;
  for (const std::optional<Instant>& known :
       {std::optional<Instant>(runs.since), runs.attempted, runs.highest}) {
    if (known && *known <= now + kBelievable && (!from || *known > *from)) from = known;
  }
  return from.value_or(now);
}

}  // namespace backshelf
