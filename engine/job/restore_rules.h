// The rules of what stays, from the backup's own words.
#pragma once

#include "engine/job/restore_keep.h"
#include "engine/job/restore_plan.h"

namespace backshelf {

// `keep_database`: asked for, or the backup has none. Throws Error when the kernel's mount table
// cannot be read.
[[nodiscard]] KeepRules keep_rules(Archive& archive, const HomeLayout& layout,
                                   const RestoreTarget& target, bool keep_database,
                                   std::stop_token stop);
// Whether the backup holds a recorder database in its configuration.
[[nodiscard]] bool holds_database(Archive& archive, std::stop_token stop);
// The content of a small file of the archive; empty when it is absent or too long.
[[nodiscard]] std::string small_file(Archive& archive, const std::string& path,
                                     std::stop_token stop);

}  // namespace backshelf
