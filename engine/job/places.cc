#include "engine/job/places.h"

#include <algorithm>

namespace backshelf {
namespace {

constexpr const char* kWrittenKey = "written_locations";

bool holds(const Json& names, const std::string& name) {
  const auto& all = names.items();
  return std::any_of(all.begin(), all.end(),
                     [&](const Json& one) { return one.text_or("") == name; });
}

Error unknown_place(const JobParts& parts, const std::string& name) {
  const LocationConfig* const known = find_config(parts.config, name);
  if (known != nullptr && known->type != "directory") {
    return {ErrorKind::kUsage, concat("the location ", name),
            concat("type = ", known->type, " is not in this version"), "use type = directory"};
  }
  std::string names;
  for (const auto& location : parts.catalog.locations()) {
    names += concat(names.empty() ? "" : ", ", location->name());
  }
  return {ErrorKind::kUsage, concat("the location ", name), "it is not configured",
          concat("there is ", names.empty() ? "nothing" : names)};
}

}  // namespace

const LocationConfig* find_config(const Config& config, const std::string& name) {
  const auto found = std::find_if(config.locations.begin(), config.locations.end(),
                                  [&](const LocationConfig& place) { return place.name == name; });
  return found == config.locations.end() ? nullptr : &*found;
}

std::shared_ptr<Location> find_place(const JobParts& parts, const std::string& name) {
  std::shared_ptr<Location> location = parts.catalog.location(name);
  if (!location) throw unknown_place(parts, name);
  return location;
}

std::shared_ptr<Location> writable_place(const JobParts& parts, const std::string& name) {
  std::shared_ptr<Location> location = find_place(parts, name);
  if (location->read_only()) {
    throw Error(ErrorKind::kReadOnly, concat("the location ", name), "it is read-only");
  }
  return location;
}

bool is_target(const JobParts& parts, const Location& place) {
  if (!place.read_only()) return true;
  return parts.state != nullptr && holds(parts.state->member(kWrittenKey), place.name());
}

void note_written(const JobParts& parts, const std::string& place) {
  if (parts.state == nullptr || holds(parts.state->member(kWrittenKey), place)) return;
  parts.state->update([&](Json& state) {
    Json names = Json::array();
    for (const Json& one : state[kWrittenKey].items()) names.push(one);
    state.set(kWrittenKey, std::move(names.push(place)));
  });
}

Error told_of(const Location& place, const Error& error) {
  const std::string name = concat("location ", place.name());
  return error.what_failed().starts_with(name) ? error : error.in(name);
}

bool encrypts(const Config& config, const std::string& place) {
  const LocationConfig* const own = find_config(config, place);
  return own != nullptr ? own->encrypt.value_or(config.archive.encrypt) : config.archive.encrypt;
}

}  // namespace backshelf
