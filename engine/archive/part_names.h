// Where the members of an archive stand in its folder; part of engine/archive.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/archive/metadata.h"
#include "engine/archive/outer_header.h"

namespace backshelf {

struct PlacedPart {
  std::string folder;   // "config", "apps/core_ssh"
  bool is_app = false;  // its folder stands below "apps"
  bool is_config = false;
  bool in_metadata = true;
  [[nodiscard]] std::string name() const { return is_app ? folder.substr(5) : folder; }
};

struct Placement {
  std::vector<PlacedPart> parts;     // one for each name
  std::vector<std::string> missing;  // what the metadata promises and no member holds
};

// `taken`: names of the folder's top that are not for parts. `alone`: the one member is the file
// itself.
[[nodiscard]] Placement place_parts(const std::vector<InnerName>& names, const Metadata* metadata,
                                    const std::vector<std::string>& taken, bool alone);

}  // namespace backshelf
