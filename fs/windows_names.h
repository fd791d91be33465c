// Names of a backup's entries as Windows can show them (`names = windows`), and back again.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace backshelf {

// The name itself when Windows can show it. Otherwise each byte that it cannot (< > : " / \ | ? *,
// control characters, what is no UTF-8, a dot or space at the end, the first letter of a device's
// name) is a '%' and two capital hex digits, and so is a '%' that would read as one of these: two
// names never become one. A name that gets longer than 255 bytes by that is cut, and ends in '~'
// and 16 digits of a hash of the whole.
[[nodiscard]] std::string windows_name(std::string_view name);

// The whole name that is shown so; nullopt: none is. Of a cut one (see is_cut_name) it is not the
// name that was cut.
[[nodiscard]] std::optional<std::string> stored_name(std::string_view shown);

// Whether it looks like a cut one: who looks for it must compare with what windows_name() makes.
[[nodiscard]] bool is_cut_name(std::string_view shown);

}  // namespace backshelf
