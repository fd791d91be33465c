// Which parts of a home a backup is to hold; part of engine/job only.
#pragma once

#include <vector>

#include "engine/home/home.h"
#include "engine/job/commands.h"

namespace backshelf {

struct PartChoice {
  std::vector<HomePart> parts;    // in the home's order, whatever that of the words; never empty
  std::vector<Skipped> problems;  // what these words ask for and cannot be stored
};

// One of several parts that cannot be stored now (its disk is away) is told and the others are
// stored; so is, of a schedule, one that the home does not have (it has no app yet). Throws Error:
// kUsage (full besides parts, a part the home does not have, nothing is left), kNotFound (the home
// holds no part).
[[nodiscard]] PartChoice choose_parts(const HomeLayout& layout, const BackupCommand& command);

}  // namespace backshelf
