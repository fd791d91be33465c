#include "tools/late_location.h"

#include "engine/disk/file.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

constexpr mode_t kPlaceMode = 0700;

// Any other path that is missing may be a disk that is not mounted, and must not be made.
void make_usual_place(const LocationConfig& place, const Config& usual) {
  const bool is_usual = !usual.locations.empty() && usual.locations.front().path == place.path;
  if (is_usual && !find_status(place.path)) make_directories(place.path, kPlaceMode);
}

void require_known_type(const LocationConfig& place) {
  if (place.type == "directory") return;
  throw Error(ErrorKind::kUsage, concat("the location ", place.name),
              concat("type = ", place.type, " is not in this version"),
              "take the section out, or give it type = directory and a path");
}

}  // namespace

LateLocation::Place LateLocation::place() const {
  return place_.with([this](Place& place) {
    if (!place) place = make_directory_location(options_);
    return place;
  });
}

LateLocation::Place LateLocation::place_if_there() const {
  return place_.with([](const Place& place) { return place; });
}

std::optional<Error> LateLocation::try_open() {
  try {
    (void)place();
    return std::nullopt;
  } catch (const Error& error) {  // isolation: one location of several
    return error;
  }
}

bool LateLocation::read_only() const {
  const Place there = place_if_there();
  return there ? there->read_only() : options_.read_only;
}

int LateLocation::change_fd() {
  const Place there = place_if_there();
  return there ? there->change_fd() : -1;
}

void LateLocation::drain_changes() {
  if (const Place there = place_if_there()) there->drain_changes();
}

std::vector<std::shared_ptr<Location>> open_locations(const Config& config, const Config& usual,
                                                      const std::string& installation,
                                                      bool read_only) {
  std::vector<std::shared_ptr<Location>> locations;
  std::vector<Error> missing;
  for (const LocationConfig& place : config.locations) {
    require_known_type(place);
    make_usual_place(place, usual);
    DirectoryLocationOptions options;
    options.name = place.name;
    options.path = place.path;
    options.installation = installation;
    options.read_only = read_only;
    auto location = std::make_shared<LateLocation>(std::move(options));
    if (auto why = location->try_open()) missing.push_back(std::move(*why));
    locations.push_back(std::move(location));
  }
  if (!missing.empty() && missing.size() == locations.size()) throw Error(missing.front());
  for (const Error& away : missing) print_error(away.what());
  return locations;
}

}  // namespace backshelf
