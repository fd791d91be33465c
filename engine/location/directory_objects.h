// Objects being written into a directory; part of engine/location only.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>

#include "engine/disk/staged_file.h"
#include "engine/location/location.h"

namespace backshelf {

[[nodiscard]] ObjectInfo info_of(const std::string& name, const struct stat& status);
void check_archive_name(const std::string& name);  // Error(kInvalid) unless is_archive_name()
[[nodiscard]] std::unique_ptr<PendingObject> make_pending_object(StagedFile::Options options);
[[nodiscard]] std::unique_ptr<StagedObject> make_staged_object(StagedFile::Options options);

}  // namespace backshelf
