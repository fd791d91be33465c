// What the layouts have in common: finding a part's directory, and how Home Assistant stores it.
// Part of engine/home only.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/home/home.h"
#include "engine/json/json.h"

namespace backshelf {

struct PartFacts {
  const char* part;
  const char* member_stem;
  bool one_file_system;  // the Supervisor skips network storage mounted below share and media
};
inline constexpr PartFacts kConfigPart = {"config", "homeassistant", false};
inline constexpr std::array kFolderParts = {
    PartFacts{"share", "share", true}, PartFacts{"addons", "addons_local", false},
    PartFacts{"ssl", "ssl", false}, PartFacts{"media", "media", true}};

// An app, and where it lies.
struct AppFound {
  std::string slug;
  Json addon;                           // what its addon.json holds
  std::vector<std::string> files = {};  // HomePart's
  std::vector<MadeFile> made = {};
  std::string data = {}, config = {};  // directories; one that is not there is not stored
};

// One thread at a time. Each call adds to `layout`, also the problems of what cannot be stored.
class LayoutReader {
 public:
  explicit LayoutReader(const HomeConfig& config) : config_(config) {}

  [[nodiscard]] const HomeConfig& config() const { return config_; }
  // Throws Error: kUsage (neither root nor a part is set), kNotFound, kTimeout (the root).
  void check_root() const;
  // Where the part is: as set by itself, else `below` the root (empty: the root itself); nullopt:
  // it is not there. Tells when it was set by itself and is not there, or cannot be reached.
  [[nodiscard]] std::optional<std::string> find_part(const std::string& part,
                                                     const std::string& below);
  // The configuration, with version and uuid. `supervisors`: path of the Supervisor's own
  // homeassistant.json, stored beside it when it is sound; empty: none.
  void add_config(const std::string& directory, const std::string& supervisors);
  void add_folder(const PartFacts& facts, const std::string& directory);
  // False, and a problem told: Home Assistant would refuse it.
  bool add_app(AppFound app);
  void problem(const std::string& what, const std::string& why);

  HomeLayout layout;

 private:
  const HomeConfig& config_;  // borrowed
};

// Names of the directories in `path`, sorted; throws Error as list_directory().
[[nodiscard]] std::vector<std::string> directories_in(const std::string& path);

void read_homeassistant(LayoutReader& reader);
void read_supervised(LayoutReader& reader);
void read_container(LayoutReader& reader);
void read_folders(LayoutReader& reader);

}  // namespace backshelf
