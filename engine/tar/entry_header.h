// A header block as an entry, before extended headers have their say; for this room only.
#pragma once

#include <optional>

#include "engine/base/entry.h"
#include "engine/tar/raw_header.h"

namespace backshelf {

// The size field of a block that is a header; nullopt when it is none.
[[nodiscard]] std::optional<std::uint64_t> stored_size(ByteView block);
// Everything but type and size. Numbers that are none are zero: a file is worth more than its
// owner.
void read_entry(ByteView block, Entry& entry);

}  // namespace backshelf
