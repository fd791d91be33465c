// Removing whole trees: the only recursive removal there is.
#pragma once

#include <string>

namespace backshelf {

// Removes a file, a link or a folder with all it holds, never through a link; absent is fine. A
// folder whose mode keeps its owner out is opened up first. Throws Error: kBusy, before anything
// is removed, when something is mounted below it; else that of the first entry that resists, and
// what was not reached stays.
void remove_tree(const std::string& path);

}  // namespace backshelf
