// The command line library, for the .cc files of this folder only.
#pragma once

#include <CLI/CLI.hpp>
