// The parts of a home, as INI and commands name them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace backshelf {

// config, share, addons, ssl, media, apps.
[[nodiscard]] const std::vector<std::string>& part_words();
// One of these, or "app:SLUG" with an add-on's slug (letters, digits, '-', '_', '.').
[[nodiscard]] bool is_part(std::string_view word);

}  // namespace backshelf
