#include <algorithm>

#include "engine/base/error.h"
#include "engine/home/home.h"
#include "engine/home/layout_reader.h"

namespace backshelf {

const HomePart* HomeLayout::find(std::string_view part) const {
  const auto found =
      std::find_if(parts.begin(), parts.end(), [&](const HomePart& p) { return p.part == part; });
  return found == parts.end() ? nullptr : &*found;
}

HomeLayout read_home(const HomeConfig& config) {
  LayoutReader reader(config);
  if (config.layout == "supervised") {
    read_supervised(reader);
  } else if (config.layout == "container") {
    read_container(reader);
  } else if (config.layout == "folders") {
    read_folders(reader);
  } else {
    read_homeassistant(reader);
  }
  return std::move(reader.layout);
}

}  // namespace backshelf
