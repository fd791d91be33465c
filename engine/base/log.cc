#include "engine/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <deque>
#include <vector>

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
      std::string shown = redacted(printable(text), kept.secrets);
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

  void add_secret(std::string_view secret) override {
    constexpr std::size_t kShortest = 4;  // shorter texts would blank out half of every line
    if (secret.size() < kShortest) return;
    kept_.with([&](Kept& kept) { kept.secrets.emplace_back(secret); });
  }

 private:
  struct Kept {
    std::deque<std::string> lines;
    std::vector<std::string> secrets;
  };

  static std::string redacted(std::string line, const std::vector<std::string>& secrets) {
    for (const std::string& secret : secrets) {
      for (std::size_t at = line.find(secret); at != std::string::npos;
           at = line.find(secret, at)) {
        line.replace(at, secret.size(), "***");
      }
    }
    return line;
  }

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
