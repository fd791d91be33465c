// Which key opens which archive, remembered in the state.
#pragma once

#include <memory>

#include "engine/catalog/state_store.h"
#include "engine/keys/key_ring.h"

namespace backshelf {

// `state` is borrowed. What cannot be written down is forgotten with the process.
[[nodiscard]] std::unique_ptr<KeyHints> make_state_key_hints(StateStore& state);

}  // namespace backshelf
