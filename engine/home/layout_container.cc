// Home Assistant without a Supervisor: its configuration, and nothing else.
#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "engine/home/layout_reader.h"

namespace backshelf {
namespace {

bool is_configuration(const std::string& directory) {
  return find_status(directory + "/.HA_VERSION").has_value() ||
         find_status(directory + "/configuration.yaml").has_value();
}

[[noreturn]] void refuse(const std::string& why, const char* todo) {
  throw Error(ErrorKind::kUsage, "reading the home", why, todo);
}

// The directory that is mounted as /config into the container: the root itself, or config/ below.
std::string below_root(const std::string& root) {
  const std::string below = root + "/config";
  const bool is_root = is_configuration(root);
  if (is_root && is_configuration(below)) {
    refuse(concat("both ", root, " and ", below, " look like a configuration"),
           "set config in [home] to the right one");
  }
  if (is_root) return {};
  if (is_configuration(below)) return "config";
  refuse(concat("there is no configuration.yaml in ", root, " or ", below),
         "set config in [home] to Home Assistant's configuration");
}

}  // namespace

void read_container(LayoutReader& reader) {
  reader.check_root();
  reader.layout.supervisor = false;
  const HomeConfig& config = reader.config();
  const bool set_by_itself = config.parts.contains(kConfigPart.part);
  const std::string below =
      set_by_itself || config.root.empty() ? std::string() : below_root(config.root);
  if (const auto directory = reader.find_part(kConfigPart.part, below)) {
    reader.add_config(*directory, /*supervisors=*/{});
  }
}

}  // namespace backshelf
