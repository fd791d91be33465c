// The machine's time zone, for as long as a test needs another one.
#pragma once

#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

namespace backshelf {

// Europe/Berlin without its history: needs no database of time zones.
inline constexpr const char* kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";

class TimeZone {
 public:
  explicit TimeZone(const char* zone) {
    if (const char* const before = std::getenv("TZ")) before_ = before;
    (void)::setenv("TZ", zone, 1);
    ::tzset();
  }
  TimeZone(const TimeZone&) = delete;
  TimeZone& operator=(const TimeZone&) = delete;
  ~TimeZone() {
    if (before_) {
      (void)::setenv("TZ", before_->c_str(), 1);
    } else {
      (void)::unsetenv("TZ");
    }
    ::tzset();
  }

 private:
  std::optional<std::string> before_;
};

}  // namespace backshelf
