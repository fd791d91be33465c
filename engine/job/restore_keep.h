// What of the home stays where it is when a part is restored: what no backup holds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/home/glob.h"
#include "engine/home/home.h"

namespace backshelf {

// Of one restored folder; paths are relative to it. Immutable.
class KeepRules {
 public:
  struct Facts {
    std::string inner;  // as the archive calls the folder: "config", "apps/core_ssh"
    // Home Assistant's own: globs on `as` + "/" + what follows `below`.
    struct Excludes {
      std::string below, as;
      std::vector<std::string> patterns;
    };
    std::vector<Excludes> home_assistants;
    std::vector<std::string> ours;  // the backup's own globs, on "config/…"
    bool database = false;          // the home's recorder database stays, the backup's is left out
    std::vector<std::string> mounts;  // below the folder: another file system, never moved
  };
  explicit KeepRules(Facts facts);

  // It stays, whatever the backup holds in its place.
  [[nodiscard]] bool stays(std::string_view path) const;
  // The backup was told to leave it out: it stays where the backup holds nothing in its place.
  // `folder_comes`: the backup has the folder it lies in; caches of a folder that goes go with it.
  [[nodiscard]] bool was_left_out(std::string_view path, bool folder_comes) const;
  // The backup's is not wanted, also when the home has none.
  [[nodiscard]] bool is_unwanted(std::string_view path) const;

  [[nodiscard]] static bool is_database(std::string_view path);  // and its log and index

 private:
  struct Group {
    std::string below, as;
    GlobSet caches, others;
  };
  Facts facts_;
  std::vector<Group> groups_;
  GlobSet ours_;
};

}  // namespace backshelf
