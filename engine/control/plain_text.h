// Text from outside made fit for a person's screen.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace backshelf {

// Control characters and bytes that are not UTF-8 become '?': a name must not command a terminal.
[[nodiscard]] std::string plain(std::string_view text);
// Code points: near enough to columns for aligning a table.
[[nodiscard]] std::size_t columns_of(std::string_view text);
// "1.2 GB"
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);
// "1 h 02 min", "3 min", "12 s"
[[nodiscard]] std::string duration_text(std::int64_t seconds);

}  // namespace backshelf
