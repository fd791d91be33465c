// A state as the error that a command about it ends with.
#pragma once

#include <optional>

#include "engine/archive/state.h"
#include "engine/base/error.h"

namespace backshelf {

// What a member or backup in this state is as an error; nullopt when it is readable.
[[nodiscard]] std::optional<ErrorKind> failure_of(State state);

}  // namespace backshelf
