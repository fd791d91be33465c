#include "engine/base/error.h"
#include "engine/location/location.h"

namespace backshelf {

std::shared_ptr<const RandomSource> open_object(Location& place, const std::string& name) {
  try {
    return place.open(name);
  } catch (const Error& error) {  // cleanup: told apart from an archive that is gone
    if (error.kind() != ErrorKind::kNotFound) throw;
    try {
      (void)place.space();
    } catch (const Error& away) {  // cleanup: the reason
      throw Error(ErrorKind::kIo, away.what_failed(), away.why(), away.todo());
    }
    throw;
  }
}

}  // namespace backshelf
