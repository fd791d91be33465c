// Time, as an argument: only main() takes the system's clock, tests take one that moves when told.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/entry.h"

namespace backshelf {

using Instant = std::chrono::sys_time<std::chrono::microseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;                                   // wall clock
  [[nodiscard]] virtual std::chrono::steady_clock::time_point steady() const = 0;  // for intervals
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override;
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override;
};

// RFC 3339 in UTC with microseconds: "2025-03-04T05:06:07.891011+00:00".
[[nodiscard]] std::string to_rfc3339(Instant instant);
// The machine's local time with its offset, in the same form.
[[nodiscard]] std::string to_rfc3339_local(Instant instant);
// Reads what HA wrote in any year: with or without offset (then UTC), fraction, 'T' or ' ', 'Z'.
[[nodiscard]] std::optional<Instant> parse_iso8601(std::string_view text);
[[nodiscard]] Instant to_instant(Timestamp stamp);
[[nodiscard]] Timestamp to_timestamp(Instant instant);

}  // namespace backshelf
