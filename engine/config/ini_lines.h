// The lines of an INI file as sections and settings, each with its line number.
#pragma once

#include <string>
#include <vector>

#include "engine/config/config.h"

namespace backshelf {

// One `[section]` (key empty) or one `key = value` of it.
struct IniLine {
  std::size_t line = 0;  // from 1
  std::string section;   // inner blanks as one space: "location nas"; empty before the first one
  std::string key, value;
  bool cut = false;  // " ;" ended a value that was not empty
};

struct IniText {
  std::vector<IniLine> lines;           // in order
  std::vector<ConfigProblem> problems;  // lines that are none of the two
};

// Blank around names and values is taken off; `#` and `;` at a line's start and ` ;` behind a value
// begin comments. A line longer than 199 bytes (inih 55 would cut it), with a control character, or
// without "=" is a problem; so is a file of more than 1 MiB.
[[nodiscard]] IniText read_ini(ByteView text);

}  // namespace backshelf
