#include "tools/late_location.h"

#include "engine/disk/file.h"
#include "engine/location/mount_points.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

constexpr mode_t kPlaceMode = 0700;

constexpr std::size_t kMaxFstabBytes = kMiB;
constexpr const char* kMountsKey = "location_mounts";

// Any other path that is missing may be a disk that is not mounted, and must not be made.
void make_usual_place(const LocationConfig& place, const Config& usual,
                      const std::string& mount_point) {
  const bool is_usual = !usual.locations.empty() && usual.locations.front().path == place.path;
  if (!mount_point.empty() && !is_mount_point(mount_point)) return;
  if (is_usual && !find_status(place.path)) make_directories(place.path, kPlaceMode);
}

void require_known_type(const LocationConfig& place) {
  if (place.type == "directory") return;
  throw Error(ErrorKind::kUsage, concat("the location ", place.name),
              concat("type = ", place.type, " is not in this version"),
              "take the section out, or give it type = directory and a path");
}

// An fstab that cannot be read says nothing.
std::string read_fstab(const std::string& path) {
  try {
    const auto bytes = find_file(path, kMaxFstabBytes);
    return bytes ? std::string(as_text(*bytes)) : std::string();
  } catch (const Error&) {  // isolation: the mount points that were seen are known anyway
    return {};
  }
}

// Seen at this path in another process; empty: none.
std::string remembered_mount_point(const StateStore& state, const LocationConfig& place) {
  const Json mounts = state.member(kMountsKey);
  const Json& row = mounts[place.name];
  return row["path"].text_or("") == place.path ? row["mount_point"].text_or("") : std::string();
}

LateLocation::Learned remembering(StateStore& state, const LocationConfig& place) {
  return [&state, name = place.name, path = place.path](const std::string& mount_point) {
    try {
      state.update([&](Json& json) {
        Json mounts = json[kMountsKey];
        Json row = Json::object();
        row.set("path", path).set("mount_point", mount_point);
        json.set(kMountsKey, std::move(mounts.set(name, std::move(row))));
      });
    } catch (const Error&) {  // isolation: the next process learns it anew
    }
  };
}

}  // namespace

LateLocation::LateLocation(DirectoryLocationOptions options, std::string mount_point,
                           Learned learned)
    : options_(std::move(options)),
      learned_(std::move(learned)),
      mount_point_(std::move(mount_point)) {
  options_.mount_point = [this] {
    return mount_point_.with([](const std::string& known) { return known; });
  };
}

std::vector<ObjectInfo> LateLocation::list() {
  std::vector<ObjectInfo> objects = place()->list();
  learn_mount_point();
  return objects;
}

// What lies on the root's file system tells nothing: a disk may be mounted over it later.
void LateLocation::learn_mount_point() {
  const std::string now = mount_point_of(options_.path);
  if (now.empty() || now == "/") return;
  const bool is_new = mount_point_.with([&](std::string& known) {
    // A shorter one is what lies behind a disk that went a moment ago.
    if (known == now || now.size() < known.size()) return false;
    known = now;
    return true;
  });
  if (is_new && learned_) learned_(now);
}

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
                                                      StateStore& state, bool read_only,
                                                      const std::string& fstab) {
  std::vector<std::shared_ptr<Location>> locations;
  std::vector<Error> missing;
  const std::string table = read_fstab(fstab);
  bool is_any_known = false;  // a disk that is only not mounted now
  for (const LocationConfig& place : config.locations) {
    require_known_type(place);
    std::string mount_point = remembered_mount_point(state, place);
    if (mount_point.empty()) mount_point = listed_mount_point(table, place.path);
    make_usual_place(place, usual, mount_point);
    DirectoryLocationOptions options;
    options.name = place.name;
    options.path = place.path;
    options.installation = state.installation();
    options.read_only = read_only;
    options.max_bytes = place.max_size.value_or(0);
    is_any_known = is_any_known || !mount_point.empty();
    auto location = std::make_shared<LateLocation>(std::move(options), std::move(mount_point),
                                                   remembering(state, place));
    if (auto why = location->try_open()) missing.push_back(std::move(*why));
    locations.push_back(std::move(location));
  }
  if (!missing.empty() && missing.size() == locations.size() && !is_any_known) {
    throw Error(missing.front());
  }
  for (const Error& away : missing) print_error(away.what());
  return locations;
}

}  // namespace backshelf
