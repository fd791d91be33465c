// File names are raw bytes, JSON is text; part of engine/catalog only.
#pragma once

#include <string>
#include <string_view>

namespace backshelf {

// '%' and all that is not plain ASCII as %XX.
[[nodiscard]] std::string escaped(std::string_view raw);
[[nodiscard]] std::string unescaped(std::string_view text);

}  // namespace backshelf
