// From the words of a command line to an exit code.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace backshelf {

// The daemon's own command; gets the words behind "mount".
using MountCommand = std::function<int(const std::vector<std::string>& words)>;

// `words` without the program's name. Errors become one line on stderr and the exit code.
[[nodiscard]] int run_command_line(const std::vector<std::string>& words,
                                   const MountCommand& mount);
// The known command that was probably meant; empty when none is near.
[[nodiscard]] std::string suggest_command(const std::string& word);

}  // namespace backshelf
