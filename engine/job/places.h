// The locations a job was told to write to.
#pragma once

#include <memory>
#include <string>

#include "engine/job/jobs.h"

namespace backshelf {

// Of a location's INI section; null: it has none.
[[nodiscard]] const LocationConfig* find_config(const Config& config, const std::string& name);

// Throws Error(kUsage): not configured (the message lists what there is), or of a type that is not
// in this version.
[[nodiscard]] std::shared_ptr<Location> find_place(const JobParts& parts, const std::string& name);
// Throws Error(kReadOnly) too.
[[nodiscard]] std::shared_ptr<Location> writable_place(const JobParts& parts,
                                                       const std::string& name);
// Whether a backup goes there when no location is named: not into one that was never writable. One
// that was and is not any more shall fail, and be told of.
[[nodiscard]] bool is_target(const JobParts& parts, const Location& place);
void note_written(const JobParts& parts, const std::string& place);  // a backup; see is_target()
// The same error with the location's name, once.
[[nodiscard]] Error told_of(const Location& place, const Error& error);
[[nodiscard]] bool encrypts(const Config& config, const std::string& place);

}  // namespace backshelf
