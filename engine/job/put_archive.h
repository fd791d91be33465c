// An archive's bytes on their way into a location, as they are.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "engine/location/location.h"

namespace backshelf {

// How many bytes are written.
using OnBytes = std::function<void(std::uint64_t done)>;

// All of `source` becomes the archive `file` of `to`, or nothing does. Needs about 1 MiB of memory.
// Throws Error: kExists (nothing is overwritten), kNoSpace, kInterrupted, kTruncated (the source
// ends early), what the source and the location throw.
ObjectInfo put_archive(const RandomSource& source, Location& to, const std::string& file,
                       const OnBytes& on_bytes, const std::stop_token& stop);

// Gives the object its name and makes sure that the location shows it: a disk that was pulled out
// meanwhile takes writes without a word. Throws what commit() throws, kIo.
ObjectInfo commit_archive(PendingObject& object, Location& to, const std::string& file);

}  // namespace backshelf
