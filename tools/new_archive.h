// The file that a command makes an archive in.
#pragma once

#include <memory>
#include <string>

#include "engine/location/location.h"

namespace backshelf {

struct NewArchive {
  std::unique_ptr<Location> place;
  std::string name;
  std::unique_ptr<PendingObject> object;  // becomes the file when it is committed under `name`
};

// Removes what a killed command left beside it. Throws Error: kUsage (no name of an archive),
// kNotFound (no such folder), kExists, and what the folder throws.
[[nodiscard]] NewArchive begin_archive(const std::string& path);

}  // namespace backshelf
