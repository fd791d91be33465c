// The log: lines for a person, kept in a ring of the last ones (the mount's `log` file) and sent to
// stderr. Whatever looks like a Home Assistant backup key is shown as "***".
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace backshelf {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Thread-safe. Passed to who needs it; there is no global one.
class Log {
 public:
  virtual ~Log() = default;
  virtual void line(LogLevel level, std::string_view text) = 0;

  void debug(std::string_view text) { line(LogLevel::kDebug, text); }
  void info(std::string_view text) { line(LogLevel::kInfo, text); }
  void warning(std::string_view text) { line(LogLevel::kWarning, text); }
  void error(std::string_view text) { line(LogLevel::kError, text); }
};

// Keeps the last kLogLines lines in memory and, from `stderr_level` up, writes them to stderr too.
class RingLog : public Log {
 public:
  static constexpr std::size_t kLogLines = 1000;
  // The kept lines, oldest first, each ended by '\n'.
  [[nodiscard]] virtual std::string text() const = 0;
};

[[nodiscard]] std::unique_ptr<RingLog> make_log(LogLevel stderr_level);
// Throws every line away; for tests and library users.
[[nodiscard]] Log& null_log();

}  // namespace backshelf
