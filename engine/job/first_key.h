// The first key of an installation, made only when there never was one: a mistyped or unmounted
// path must not make a second.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/catalog/state_store.h"
#include "engine/config/config.h"
#include "engine/location/location.h"

namespace backshelf {

struct FirstKeyParts {
  const Config& config;
  const std::vector<std::string>& key_options;  // -k
  StateStore& state;
  std::span<const std::shared_ptr<Location>> locations;
};

// For `backup` and `mount`, before the keys are loaded. Returns true when a key was made; false
// when none is needed: the key file is there, another source is configured, nothing is encrypted,
// or no usable home is configured. Throws Error(kUsage) when the file is absent although an earlier
// key is known (in the state, or by an encrypted archive of ours in a location), its directory does
// not exist, or a location cannot be asked.
bool ensure_first_key(const FirstKeyParts& parts);

// From now on this installation has sealed something: no second first key is ever made.
void remember_key(StateStore& state);

}  // namespace backshelf
