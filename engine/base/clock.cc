#include "engine/base/clock.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace backshelf {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::seconds;

std::string format(std::tm fields, std::int64_t micros, long offset_seconds) {
  const long minutes = (offset_seconds < 0 ? -offset_seconds : offset_seconds) / 60;
  std::array<char, 80> text{};
  (void)std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%06lld%c%02ld:%02ld",
                      fields.tm_year + 1900, fields.tm_mon + 1, fields.tm_mday, fields.tm_hour,
                      fields.tm_min, fields.tm_sec, static_cast<long long>(micros),
                      offset_seconds < 0 ? '-' : '+', minutes / 60, minutes % 60);
  return text.data();
}

// Digits of the text from `position` on; advances it. nullopt unless exactly `count` digits.
std::optional<int> take_number(std::string_view text, std::size_t& position, std::size_t count) {
  if (position + count > text.size()) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const char digit = text[position + i];
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + (digit - '0');
  }
  position += count;
  return value;
}

bool take_char(std::string_view text, std::size_t& position, std::string_view accepted) {
  if (position >= text.size() || accepted.find(text[position]) == std::string_view::npos)
    return false;
  ++position;
  return true;
}

std::int64_t take_fraction_us(std::string_view text, std::size_t& position) {
  std::int64_t micros = 0;
  std::int64_t unit = 100'000;
  while (position < text.size() && text[position] >= '0' && text[position] <= '9') {
    micros += unit * (text[position] - '0');
    unit /= 10;
    ++position;
  }
  return micros;
}

// "+01:00", "-0530", "Z" or nothing; nullopt when malformed.
std::optional<seconds> take_offset(std::string_view text, std::size_t& position) {
  if (position == text.size()) return seconds(0);
  if (take_char(text, position, "Zz")) return seconds(0);
  const bool negative = text[position] == '-';
  if (!take_char(text, position, "+-")) return std::nullopt;
  const auto hours = take_number(text, position, 2);
  if (!hours) return std::nullopt;
  int minutes = 0;
  if (position < text.size()) {
    (void)take_char(text, position, ":");
    const auto taken = take_number(text, position, 2);
    if (!taken) return std::nullopt;
    minutes = *taken;
  }
  const seconds offset = std::chrono::hours(*hours) + std::chrono::minutes(minutes);
  return negative ? -offset : offset;
}

}  // namespace

Instant SystemClock::now() const {
  return std::chrono::floor<microseconds>(std::chrono::system_clock::now());
}

std::chrono::steady_clock::time_point SystemClock::steady() const {
  return std::chrono::steady_clock::now();
}

std::string to_rfc3339(Instant instant) {
  const auto whole = std::chrono::floor<seconds>(instant);
  const std::time_t time = whole.time_since_epoch().count();
  std::tm fields{};
  (void)gmtime_r(&time, &fields);
  return format(fields, (instant - whole).count(), 0);
}

std::string to_rfc3339_local(Instant instant) {
  const auto whole = std::chrono::floor<seconds>(instant);
  const std::time_t time = whole.time_since_epoch().count();
  std::tm fields{};
  (void)localtime_r(&time, &fields);
  return format(fields, (instant - whole).count(), fields.tm_gmtoff);
}

std::optional<Instant> parse_iso8601(std::string_view text) {
  std::size_t at = 0;
  const auto year = take_number(text, at, 4);
  if (!year || !take_char(text, at, "-")) return std::nullopt;
  const auto month = take_number(text, at, 2);
  if (!month || !take_char(text, at, "-")) return std::nullopt;
  const auto day = take_number(text, at, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  Instant instant = std::chrono::sys_days(date);
  if (at == text.size()) return instant;
  if (!take_char(text, at, "Tt ")) return std::nullopt;
  const auto hour = take_number(text, at, 2);
  if (!hour || *hour > 23 || !take_char(text, at, ":")) return std::nullopt;
  const auto minute = take_number(text, at, 2);
  if (!minute || *minute > 59) return std::nullopt;
  instant += std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  if (take_char(text, at, ":")) {
    const auto second = take_number(text, at, 2);
    if (!second || *second > 60) return std::nullopt;
    instant += seconds(*second);
    if (take_char(text, at, ".,")) instant += microseconds(take_fraction_us(text, at));
  }
  const auto offset = take_offset(text, at);
  if (!offset || at != text.size()) return std::nullopt;
  return instant - *offset;
}

Instant to_instant(Timestamp stamp) {
  return Instant(seconds(stamp.seconds)) + microseconds(stamp.nanoseconds / 1000);
}

Timestamp to_timestamp(Instant instant) {
  const auto whole = std::chrono::floor<seconds>(instant);
  const auto rest = duration_cast<std::chrono::nanoseconds>(instant - whole);
  return {whole.time_since_epoch().count(), static_cast<std::uint32_t>(rest.count())};
}

}  // namespace backshelf
