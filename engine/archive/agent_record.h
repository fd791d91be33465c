// What Home Assistant's remote locations keep beside an archive, in a file of its own: without it
// they do not show the archive. Facts: AgentBackup of Core 2025.2 to 2026.7.
#pragma once

#include "engine/archive/metadata.h"

namespace backshelf {

// `size`: bytes of the object; Home Assistant wants it equal. `is_protected`: by the bytes.
[[nodiscard]] Json agent_record(const Metadata& metadata, bool is_protected, std::uint64_t size);
// The name that Home Assistant gives the archive there, and looks for it under.
[[nodiscard]] std::string agent_file_name(const Metadata& metadata);

}  // namespace backshelf
