// Why a restore may not be: one question each. Part of plan_restore().
#pragma once

#include "engine/job/restore_plan.h"

namespace backshelf {

// The parts of the archive that the order wants are readable, and the archive is whole when all of
// it is wanted. Throws Error as its state is.
void check_members(const Archive& archive, const RestoreOrder& order,
                   const std::vector<std::string>& inner_paths);
// Throws Error(kNotPermitted).
void check_version(const Archive& archive, const HomeLayout& layout);
void check_installation(Archive& archive, const HomeLayout& layout, const std::stop_token& stop);
// Throws Error(kUsage).
void check_our_paths(Archive& archive, const RestoreSite& site, const RestorePlan& plan,
                     const std::stop_token& stop);
// Counts what the targets hold, and whether each file system has room for it beside what there is.
// Throws Error(kNoSpace).
void check_space(Archive& archive, RestorePlan& plan, const std::stop_token& stop);

}  // namespace backshelf
