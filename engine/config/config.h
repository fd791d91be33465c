// The INI file as validated values. Field names are the INI's own.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/bytes.h"

namespace backshelf {

struct HomeConfig {
  std::string layout = "homeassistant";      // homeassistant | supervised | container | folders
  std::string root;                          // empty: none configured
  std::map<std::string, std::string> parts;  // config, share, addons, ssl, media set by themselves
  std::vector<std::pair<std::string, std::string>> folders;  // [folders]: name, path
  std::vector<std::string> exclude;
  bool database = true;  // include
};
struct KeyConfig {
  std::string file, old, command;  // empty: not set
};
struct BackupConfig {
  std::string before, after;
  std::chrono::seconds timeout = std::chrono::minutes(10);
  bool trust_stat = false;
};
struct AutomaticConfig {
  std::string days = "never";
  std::string time = "04:45";
  std::chrono::seconds jitter = std::chrono::minutes(60);
  bool full = false;  // parts = full
  std::vector<std::string> parts, locations;
  int keep = 7, keep_days = 0, keep_daily = 0, keep_weekly = 0, keep_monthly = 0, keep_yearly = 0;
  int verify_days = 0;  // as days: 30 with a section [automatic]
  std::chrono::seconds stale_after = std::chrono::hours(72);  // longer when days lie further apart
  bool ha_retention = false;
};
struct LocationConfig {
  std::string name, type = "directory", path;
  std::chrono::seconds poll = std::chrono::seconds(60);
  std::optional<int> keep;
  std::optional<std::uint64_t> max_size;
  std::optional<bool> encrypt;
  std::map<std::string, std::string>
      other;  // keys of types not built yet (s3), checked by name only
};
struct ArchiveConfig {
  std::string compression = "balanced";  // none | fast | balanced | small | zstd
  int securetar = 3;
  bool encrypt = true;
};
struct RestoreConfig {
  std::string before, after;
};
struct MountConfig {
  std::optional<bool> allow_other;  // default: yes for root
  std::optional<std::uint32_t> uid, gid, fmask, dmask;
  std::string symlinks = "asis";  // asis | file | hide
  std::string names = "asis";
  std::string delete_policy = "two-phase";  // `delete =`: two-phase | rmdir-only | deny
  std::chrono::seconds delete_window = std::chrono::seconds(60);
  std::chrono::seconds undelete = std::chrono::hours(24);
  bool trash = true;
  int trash_days = 7;
  std::vector<std::string> control_allows = {"backup", "cancel", "verify", "copy",
                                             "prune",  "pin",    "delete", "undelete"};
  std::string prepare = "newest";
};
struct CacheConfig {
  std::string path;
  std::uint64_t size = kGiB, memory = 64 * kMiB;  // bytes
};

struct Config {
  HomeConfig home;
  KeyConfig key;
  BackupConfig backup;
  AutomaticConfig automatic;
  std::vector<LocationConfig> locations;  // in INI order, never empty
  ArchiveConfig archive;
  RestoreConfig restore;
  MountConfig mount;
  std::string notify_command;
  CacheConfig cache;
  std::string state_path;
  std::vector<std::string> without_effect;  // settings made that mean nothing in this version
};

// A mistake in the INI: where, what, and what was probably meant.
struct ConfigProblem {
  std::size_t line = 0;
  std::string text;  // "unknown key 'compresion' in [archive]; did you mean 'compression'?"
};
struct ParsedConfig {
  Config config;
  std::vector<ConfigProblem> problems;  // all of them
};

// Defaults for root or an ordinary user: paths of key, state, cache, archives.
struct ConfigDefaults {
  bool root = true;
  std::string home_directory, xdg_config, xdg_state,
      xdg_cache;  // for an ordinary user; XDG ones may be empty
};
[[nodiscard]] Config default_config(const ConfigDefaults& defaults);
[[nodiscard]] std::string default_config_path(const ConfigDefaults& defaults);
[[nodiscard]] ParsedConfig parse_config(ByteView ini, const ConfigDefaults& defaults);
// Reads and parses; throws Error(kUsage) naming file, line and the first problem (and how many more
// there are).
[[nodiscard]] Config load_config(const std::string& path, const ConfigDefaults& defaults);

// "10m", "24h", "3d", "60s" and "1G", "64M", "4096". nullopt when malformed.
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(std::string_view text);
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace backshelf
