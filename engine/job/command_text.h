// A command as the line that a person would type for it.
#pragma once

#include <string>

#include "engine/job/commands.h"

namespace backshelf {

[[nodiscard]] std::string command_text(const Command& command);
// Its first word: also the state of a daemon that runs it.
[[nodiscard]] std::string command_verb(const Command& command);

}  // namespace backshelf
