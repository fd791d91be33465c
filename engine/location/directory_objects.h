// Objects being written into a directory; part of engine/location only.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <memory>
#include <string>

#include "engine/disk/staged_file.h"
#include "engine/location/location.h"

namespace backshelf {

[[nodiscard]] ObjectInfo info_of(const std::string& name, const struct stat& status);
void check_archive_name(const std::string& name);  // Error(kInvalid) unless is_archive_name()
// Called with the size that an object is about to have; throws kNoSpace when it may not. Calls from
// several threads at once. May be empty.
using AllowSize = std::function<void(std::uint64_t size)>;
[[nodiscard]] std::unique_ptr<PendingObject> make_pending_object(StagedFile::Options options,
                                                                 AllowSize allow);
[[nodiscard]] std::unique_ptr<StagedObject> make_staged_object(StagedFile::Options options,
                                                               AllowSize allow);

}  // namespace backshelf
