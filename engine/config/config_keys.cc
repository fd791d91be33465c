#include "engine/config/config_keys.h"

#include <algorithm>
#include <array>
#include <utility>

namespace backshelf {
namespace {

using std::chrono::seconds;

constexpr int kMaxCopies = 1'000'000;
constexpr int kMaxDays = 36'500;
constexpr std::uint64_t kLeastCacheMemory = kMiB;  // less cannot hold one block

template <int AutomaticConfig::*Field>
void copies(Config& c, Setting& s) {
  s.number(c.automatic.*Field, 0, kMaxCopies);
}

void home_part(Config& c, Setting& s) {
  std::string path;
  s.path(path);
  if (!path.empty()) c.home.parts[s.key()] = path;
}

void add_exclude(Config& c, Setting& s) {
  if (s.text().empty()) return;
  if (s.text().front() == '/') {
    s.problem("excludes are relative to the home, such as config/www/cache/**");
  } else {
    c.home.exclude.push_back(s.text());
  }
}

void set_layout(Config& c, Setting& s) {
  s.word(c.home.layout, {"homeassistant", "supervised", "container", "folders"});
}

void set_compression(Config& c, Setting& s) {
  s.word(c.archive.compression, {"none", "fast", "balanced", "small", "zstd"});
}

void set_control_allows(Config& c, Setting& s) {
  s.words(c.mount.control_allows, {"backup", "restore", "delete", "undelete", "pin", "unpin",
                                   "copy", "verify", "prune", "cancel"});
}

void set_database(Config& c, Setting& s) {
  std::string word = c.home.database ? "include" : "exclude";
  s.word(word, {"include", "exclude"});
  c.home.database = word == "include";
}

void set_securetar(Config& c, Setting& s) {
  std::string version = concat(c.archive.securetar);
  s.word(version, {"2", "3"});
  c.archive.securetar = version == "2" ? 2 : 3;
}

void set_automatic_parts(Config& c, Setting& s) {
  s.parts(c.automatic.parts);
  c.automatic.full = s.text() == "full";
}

constexpr ConfigKey kKeys[] = {
    {"home", "layout", set_layout},
    {"home", "root", [](Config& c, Setting& s) { s.path(c.home.root); }},
    {"home", "config", home_part},
    {"home", "share", home_part},
    {"home", "addons", home_part},
    {"home", "ssl", home_part},
    {"home", "media", home_part},
    {"home", "apps", home_part},
    {"home", "exclude", add_exclude},
    {"home", "database", set_database},
    {"key", "file", [](Config& c, Setting& s) { s.path(c.key.file); }},
    {"key", "old", [](Config& c, Setting& s) { s.path(c.key.old); }},
    {"key", "command", [](Config& c, Setting& s) { s.command(c.key.command); }},
    {"backup", "before", [](Config& c, Setting& s) { s.command(c.backup.before); }},
    {"backup", "after", [](Config& c, Setting& s) { s.command(c.backup.after); }},
    {"backup", "timeout", [](Config& c, Setting& s) { s.duration(c.backup.timeout, seconds(1)); }},
    {"backup", "trust_stat", [](Config& c, Setting& s) { s.yes_no(c.backup.trust_stat); }},
    {"automatic", "days", [](Config& c, Setting& s) { s.days(c.automatic.days); }},
    {"automatic", "time", [](Config& c, Setting& s) { s.time(c.automatic.time); }},
    {"automatic", "jitter", [](Config& c, Setting& s) { s.duration(c.automatic.jitter); }},
    {"automatic", "parts", set_automatic_parts},
    {"automatic", "locations", [](Config& c, Setting& s) { s.locations(c.automatic.locations); }},
    {"automatic", "keep", copies<&AutomaticConfig::keep>},
    {"automatic", "keep_days", copies<&AutomaticConfig::keep_days>},
    {"automatic", "keep_daily", copies<&AutomaticConfig::keep_daily>},
    {"automatic", "keep_weekly", copies<&AutomaticConfig::keep_weekly>},
    {"automatic", "keep_monthly", copies<&AutomaticConfig::keep_monthly>},
    {"automatic", "keep_yearly", copies<&AutomaticConfig::keep_yearly>},
    {"automatic", "verify_days",
     [](Config& c, Setting& s) { s.number(c.automatic.verify_days, 0, kMaxDays); }},
    {"automatic", "stale_after",
     [](Config& c, Setting& s) { s.duration(c.automatic.stale_after); }},
    {"automatic", "ha_retention",
     [](Config& c, Setting& s) { s.yes_no(c.automatic.ha_retention); }},
    {"archive", "compression", set_compression},
    {"archive", "securetar", set_securetar},
    {"archive", "encrypt", [](Config& c, Setting& s) { s.yes_no(c.archive.encrypt); }},
    {"restore", "before", [](Config& c, Setting& s) { s.command(c.restore.before); }},
    {"restore", "after", [](Config& c, Setting& s) { s.command(c.restore.after); }},
    {"mount", "allow_other", [](Config& c, Setting& s) { s.yes_no(c.mount.allow_other); }},
    {"mount", "uid", [](Config& c, Setting& s) { s.id(c.mount.uid); }},
    {"mount", "gid", [](Config& c, Setting& s) { s.id(c.mount.gid); }},
    {"mount", "fmask", [](Config& c, Setting& s) { s.mask(c.mount.fmask); }},
    {"mount", "dmask", [](Config& c, Setting& s) { s.mask(c.mount.dmask); }},
    {"mount", "symlinks",
     [](Config& c, Setting& s) {
       s.word(c.mount.symlinks, {"asis", "file", "hide"});
     }},
    {"mount", "names",
     [](Config& c, Setting& s) {
       s.word(c.mount.names, {"asis", "windows"});
     }},
    {"mount", "delete",
     [](Config& c, Setting& s) {
       s.word(c.mount.delete_policy, {"two-phase", "rmdir-only", "deny"});
     }},
    {"mount", "delete_window",
     [](Config& c, Setting& s) { s.duration(c.mount.delete_window, seconds(1)); }},
    {"mount", "undelete", [](Config& c, Setting& s) { s.duration(c.mount.undelete); }},
    {"mount", "trash", [](Config& c, Setting& s) { s.yes_no(c.mount.trash); }},
    {"mount", "trash_days",
     [](Config& c, Setting& s) { s.number(c.mount.trash_days, 0, kMaxDays); }},
    {"mount", "control_allows", set_control_allows},
    {"mount", "prepare",
     [](Config& c, Setting& s) {
       s.word(c.mount.prepare, {"newest", "all", "no"});
     }},
    {"notify", "command", [](Config& c, Setting& s) { s.command(c.notify_command); }},
    {"cache", "path", [](Config& c, Setting& s) { s.path(c.cache.path); }},
    {"cache", "size", [](Config& c, Setting& s) { s.size(c.cache.size); }},
    {"cache", "memory", [](Config& c, Setting& s) { s.size(c.cache.memory, kLeastCacheMemory); }},
    {"state", "path", [](Config& c, Setting& s) { s.path(c.state_path); }},
};

void set_other(LocationConfig& location, Setting& s) {
  location.other[s.key()] = s.text();
}

constexpr LocationKey kLocationKeys[] = {
    {"type", [](LocationConfig& l, Setting& s) { s.word(l.type, location_types()); }},
    {"path", [](LocationConfig& l, Setting& s) { s.path(l.path); }},
    {"poll", [](LocationConfig& l, Setting& s) { s.duration(l.poll, seconds(1)); }},
    {"keep",
     [](LocationConfig& l, Setting& s) {
       int keep = 0;
       s.number(keep, 0, kMaxCopies);
       l.keep = keep;
     }},
    {"max_size",
     [](LocationConfig& l, Setting& s) {
       std::uint64_t size = 0;
       s.size(size, 1);
       l.max_size = size;
     }},
    {"encrypt", [](LocationConfig& l, Setting& s) { s.yes_no(l.encrypt); }},
    {"endpoint", set_other},
    {"bucket", set_other},
    {"region", set_other},
    {"prefix", set_other},
    {"credentials_file", set_other},
    {"ca_file", set_other},
    {"path_style", set_other},
    {"upload_limit", set_other},
    {"download_limit", set_other},
    {"object_lock_days", set_other},
    {"max_pass", set_other},
};

void add_once(std::vector<std::string>& to, std::string_view word) {
  if (std::find(to.begin(), to.end(), word) == to.end()) to.emplace_back(word);
}

}  // namespace

const ConfigKey* find_config_key(std::string_view section, std::string_view key) {
  const auto* const found =
      std::find_if(std::begin(kKeys), std::end(kKeys),
                   [&](const auto& known) { return section == known.section && key == known.key; });
  return found == std::end(kKeys) ? nullptr : found;
}

std::vector<std::string> config_sections() {
  std::vector<std::string> sections;
  for (const ConfigKey& known : kKeys) add_once(sections, known.section);
  return sections;
}

std::vector<std::string> config_keys(std::string_view section) {
  std::vector<std::string> keys;
  for (const ConfigKey& known : kKeys) {
    if (section == known.section) keys.emplace_back(known.key);
  }
  return keys;
}

std::vector<std::string> sections_with(std::string_view key) {
  std::vector<std::string> sections;
  for (const ConfigKey& known : kKeys) {
    if (key == known.key) add_once(sections, known.section);
  }
  if (find_location_key(key) != nullptr) add_once(sections, "location NAME");
  return sections;
}

bool is_without_effect(std::string_view section, std::string_view key) {
  constexpr std::pair<std::string_view, std::string_view> kOthers[] = {{"mount", "trash"},
                                                                       {"mount", "trash_days"}};
  return std::find(std::begin(kOthers), std::end(kOthers), std::pair(section, key)) !=
         std::end(kOthers);
}

bool is_repeatable(std::string_view section, std::string_view key) {
  return section == "home" && key == "exclude";
}

const LocationKey* find_location_key(std::string_view key) {
  const auto* const found =
      std::find_if(std::begin(kLocationKeys), std::end(kLocationKeys),
                   [&](const LocationKey& known) { return key == known.key; });
  return found == std::end(kLocationKeys) ? nullptr : found;
}

std::vector<std::string> location_keys() {
  std::vector<std::string> keys;
  for (const LocationKey& known : kLocationKeys) keys.emplace_back(known.key);
  return keys;
}

const std::vector<std::string>& location_types() {
  static const std::vector<std::string> kTypes = {"directory", "s3"};
  return kTypes;
}

}  // namespace backshelf
