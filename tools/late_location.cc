#include "tools/late_location.h"

namespace backshelf {

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

}  // namespace backshelf
