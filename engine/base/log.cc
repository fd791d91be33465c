#include "engine/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <deque>

#include "engine/base/clock.h"
#include "engine/base/guarded.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxLineBytes =
    4096;  // a line is for a person; hostile names do not fill memory

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view label(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "info";
}

// Names from archives may hold line ends and escape sequences; a log line must stay one line.
std::string printable(std::string_view text) {
  std::string safe;
  for (const char c : text.substr(0, kMaxLineBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    safe += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  return safe;
}

constexpr std::size_t kKeyLetters = 34;  // 7 groups of 4, joined by '-': HA's own keys

bool is_key_at(std::string_view text) {
  if (text.size() < kKeyLetters) return false;
  for (std::size_t i = 0; i < kKeyLetters; ++i) {
    const char c = text[i];
    const bool fits = i % 5 == 4 ? c == '-' : (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!fits) return false;
  }
  return true;
}

// The last fence: nothing here logs a key, but a key may come in by a file name or a command's
// message.
std::string redacted(std::string line) {
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (is_key_at(std::string_view(line).substr(at))) line.replace(at, kKeyLetters, "***");
  }
  return line;
}

class SpdRingLog final : public RingLog {
 public:
  explicit SpdRingLog(LogLevel stderr_level)
      : stderr_("backshelf", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    stderr_.set_pattern("backshelf: %v");
    stderr_.set_level(spdlog_level(stderr_level));
    stderr_.flush_on(spdlog::level::debug);
  }

  void line(LogLevel level, std::string_view text) override {
    const std::string safe = kept_.with([&](Kept& kept) {
      std::string shown = redacted(printable(text));
      kept.lines.push_back(to_rfc3339_local(SystemClock().now()) + " " + std::string(label(level)) +
                           ": " + shown + "\n");
      if (kept.lines.size() > kLogLines) kept.lines.pop_front();
      return shown;
    });
    stderr_.log(spdlog_level(level), spdlog::string_view_t(safe.data(), safe.size()));
  }

  [[nodiscard]] std::string text() const override {
    return kept_.with([](const Kept& kept) {
      std::string all;
      for (const std::string& line : kept.lines) all += line;
      return all;
    });
  }

 private:
  struct Kept {
    std::deque<std::string> lines;
  };

  Guarded<Kept> kept_;
  spdlog::logger stderr_;
};

class NullLog final : public Log {
 public:
  void line(LogLevel, std::string_view) override {}
};

}  // namespace

std::unique_ptr<RingLog> make_log(LogLevel stderr_level) {
  return std::make_unique<SpdRingLog>(stderr_level);
}

Log& null_log() {
  static NullLog log;  // has no state
  return log;
}

}  // namespace backshelf
