// What an entry of a tar must be like to have a place in a tree; part of engine/tree.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/base/entry.h"

namespace backshelf {

// The rest of a path that is `parent` (a RelPath's text), '/' and one component that every RelPath
// may have; nullopt: it is not, or is spelled in another way.
[[nodiscard]] std::optional<std::string_view> name_below(std::string_view parent,
                                                         std::string_view path);
// Offsets that do not overflow, extents in order and inside the file.
[[nodiscard]] bool is_sensible(const BodyLocation& body, std::uint64_t size);

}  // namespace backshelf
