// `backshelf estimate` as text.
#pragma once

#include <string>

#include "engine/job/estimate.h"

namespace backshelf {

[[nodiscard]] std::string estimate_text(const HomeEstimate& estimate);

}  // namespace backshelf
