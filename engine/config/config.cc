#include "engine/config/config.h"

#include <charconv>

#include "engine/base/error.h"
#include "engine/disk/file.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxFileBytes = kMiB;
// A thousand years: in microseconds still far inside 63 bits.
constexpr std::uint64_t kMaxDurationSeconds = 1000ULL * 366 * 24 * 60 * 60;

struct Folders {
  std::string config, state, cache;
};

Folders folders_of(const ConfigDefaults& defaults) {
  if (defaults.root) return {"/etc/backshelf", "/var/lib/backshelf", "/var/cache/backshelf"};
  const auto below = [&](const std::string& xdg, const char* own) {
    // The XDG specification tells to ignore relative paths.
    const bool given = !xdg.empty() && xdg.front() == '/';
    return concat(given ? xdg : concat(defaults.home_directory, "/", own), "/backshelf");
  };
  return {below(defaults.xdg_config, ".config"), below(defaults.xdg_state, ".local/state"),
          below(defaults.xdg_cache, ".cache")};
}

// Digits and one unit letter: the factor of `unit` times the number. nullopt: malformed or too
// large.
template <typename Factor>
std::optional<std::uint64_t> with_unit(std::string_view text, const Factor& factor) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc() || end - stop > 1) return std::nullopt;
  const std::optional<std::uint64_t> unit = factor(stop == end ? '\0' : *stop);
  std::uint64_t product = 0;
  if (!unit || __builtin_mul_overflow(number, *unit, &product)) return std::nullopt;
  return product;
}

std::optional<std::uint64_t> seconds_of(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 60 * 60;
    case 'd':
      return 24 * 60 * 60;
    default:
      return std::nullopt;
  }
}

std::optional<std::uint64_t> bytes_of(char unit) {
  switch (unit) {
    case '\0':
      return 1;
    case 'k':
    case 'K':
      return kKiB;
    case 'm':
    case 'M':
      return kMiB;
    case 'g':
    case 'G':
      return kGiB;
    case 't':
    case 'T':
      return 1024 * kGiB;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::seconds(0);
  const auto seconds = with_unit(text, seconds_of);
  if (!seconds || *seconds > kMaxDurationSeconds) return std::nullopt;
  return std::chrono::seconds(*seconds);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto bytes = with_unit(text, bytes_of);
  return bytes && *bytes <= std::uint64_t{INT64_MAX} ? bytes : std::nullopt;
}

Config default_config(const ConfigDefaults& defaults) {
  const Folders folders = folders_of(defaults);
  Config config;
  config.key.file = concat(folders.config, "/key");
  config.key.old = concat(folders.config, "/old-keys");
  config.cache.path = folders.cache;
  config.state_path = folders.state;
  LocationConfig local;
  local.name = "local";
  local.path = concat(folders.state, "/archives");
  config.locations.push_back(std::move(local));
  return config;
}

std::string default_config_path(const ConfigDefaults& defaults) {
  return concat(folders_of(defaults).config, "/backshelf.ini");
}

Config load_config(const std::string& path, const ConfigDefaults& defaults) {
  ParsedConfig parsed = parse_config(read_file(path, kMaxFileBytes), defaults);
  if (parsed.problems.empty()) return std::move(parsed.config);
  const ConfigProblem& first = parsed.problems.front();
  const std::size_t more = parsed.problems.size() - 1;
  const std::string others = more == 0 ? std::string() : concat("; ", more, " more");
  throw Error(ErrorKind::kUsage, concat(path, ":", first.line), first.text,
              concat("correct it", others, "; backshelf check-config names every mistake"));
}

}  // namespace backshelf
