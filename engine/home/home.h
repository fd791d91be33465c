// What to back up: the parts of a Home Assistant home, and their entries as Home Assistant stores
// them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/log.h"
#include "engine/config/config.h"
#include "engine/tar/entry_source.h"

namespace backshelf {

// A directory whose tree is stored.
struct HomeTree {
  std::string directory;  // absolute
  std::string prefix;     // in the inner tar: "data", "config", or "" (then its root is ".")
  std::string shown;      // as the user's excludes and messages call it: "config", "apps/x/data"
  // Home Assistant's own excludes: globs on `excluded_as` + "/" + path.
  std::string excluded_as;
  std::vector<std::string> excludes;
  bool one_file_system = false;
};

// A file of the inner tar that is no file of the home, as its addon.json in the Supervisor's
// layout.
struct MadeFile {
  std::string name;   // at the root of the inner tar
  std::string shown;  // for a person
  std::string text;   // its content
  Timestamp mtime;
};

struct HomePart {
  // "config", "share", "addons", "ssl", "media", "app:<slug>"; of [folders] any name
  std::string part;
  std::string member_stem;  // "homeassistant", "share", "addons_local", "ssl", "media", "<slug>"
  std::vector<std::string> files = {};  // stored first, at the root of the inner tar, when present
  std::vector<MadeFile> made = {};      // stored behind them
  std::vector<HomeTree> trees = {};
};

struct HomeApp {
  std::string slug, name, version;
};

inline constexpr std::string_view kUnknownVersion = "unknown";

struct HomeLayout {
  std::vector<HomePart> parts;  // those that exist: config, apps by slug, share, addons, ssl, media
  std::vector<HomeApp> apps;    // of the parts "app:…"
  // Parts that were configured but cannot be stored: a path of its own that does not exist or does
  // not answer, an app whose addon.json Home Assistant would refuse.
  std::vector<Skipped> problems;
  std::string version = std::string(kUnknownVersion);  // config/.HA_VERSION
  std::string uuid;        // of this installation (config/.storage/core.uuid); empty: not known
  bool supervisor = true;  // it is, or can be given to, one with a Supervisor: not a container's
  // The Supervisor's own list of apps was read, and `parts` holds every one of it.
  bool has_every_app = false;
  std::vector<std::string> repositories;  // of the Supervisor's app store, as it accepts them

  [[nodiscard]] const HomePart* find(std::string_view part) const;  // null: absent
};

// Looks at the home as it is now. A part whose disk does not answer is one of its `problems` after
// 30 s. Throws Error: kUsage (no home is configured, or it is not of its layout), kNotFound (the
// root does not exist), kTimeout (it does not answer).
[[nodiscard]] HomeLayout read_home(const HomeConfig& config);

struct HomeSourceOptions {
  bool database = true;              // false: without the recorder's database
  std::vector<std::string> exclude;  // globs relative to the home's root: "config/www/cache/**"
  // Bodies say what tells their file unchanged (BodySource::stat); costs a look into each file.
  bool stats = false;
  // Directories that are stored empty wherever they appear (our locations, cache, state, mount).
  std::vector<std::string> leave_out;
  Log* log = nullptr;  // lent; told what is worth knowing and no failure; null: nobody
};

// SQLite databases (by their content, whatever their name) are stored as of one moment each, and
// then without the files that SQLite keeps beside them; README.md says how. One that cannot be is
// stored as it lies, and skipped() says so.
// Throws Error(kNotFound) from for_each() when a part is not in `layout`.
[[nodiscard]] std::unique_ptr<EntrySource> make_home_source(HomeLayout layout,
                                                            HomeSourceOptions options);

// What a part would store, by a walk of now.
struct PartEstimate {
  std::string part;
  std::uint64_t files = 0;           // regular ones
  std::uint64_t bytes = 0;           // of their content, each hard-linked file once
  std::uint64_t database_bytes = 0;  // of them, the recorder's database
};
// Throws Error as for_each() does, and kInterrupted on request.
[[nodiscard]] PartEstimate estimate_part(const HomeLayout& layout, const HomeSourceOptions& options,
                                         std::string_view part, std::stop_token stop = {});

}  // namespace backshelf
