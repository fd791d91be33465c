// What an upload may be called, and what it must be before it is published.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/archive/archive.h"
#include "engine/location/object_names.h"

namespace backshelf {

// An archive's name (is_archive_name: published by its close), and what copying tools and editors
// write first: .x, *.part, *.filepart, *.tmp, *.crdownload, *~, 4913 (vim's probe), sedXXXXXX.
[[nodiscard]] bool is_upload_name(std::string_view name);

// Throws Error(kInvalid) with the reason unless it is a whole backup, as far as structure and
// metadata tell.
void require_whole(const Archive& archive);
// Structure and metadata of a whole backup; a `verify` reads the rest later. Throws Error(kInvalid)
// with the reason, kIo.
void require_sound(std::shared_ptr<const RandomSource> bytes, const std::string& name,
                   ArchiveTools tools);

}  // namespace backshelf
