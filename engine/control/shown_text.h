// Text from outside, made fit for a terminal, and columns of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"

namespace backshelf {

// Bytes of the valid UTF-8 character at the start of `text`; 0: there is none.
[[nodiscard]] std::size_t utf8_length(std::string_view text);
[[nodiscard]] bool is_utf8(std::string_view text);
[[nodiscard]] bool has_control_character(std::string_view text);  // C0, DEL, C1

// Control characters, marks that turn the direction of writing, and what is no UTF-8 become "\x1B"
// or "\u202E": a name from an archive must neither command a terminal nor look like another one.
[[nodiscard]] std::string visible_text(std::string_view text);
// Columns of a terminal that a visible text takes.
[[nodiscard]] std::size_t shown_width(std::string_view text);
// At most `width` columns of it; what is cut off ends in "…".
[[nodiscard]] std::string shortened(std::string_view text, std::size_t width);
[[nodiscard]] std::string shown_size(std::uint64_t bytes);  // "1.2 GB"
// Local time to the minute: "2026-11-23 04:45".
[[nodiscard]] std::string shown_time(Instant instant);
[[nodiscard]] std::string shown_duration(std::int64_t seconds);  // "1 h 5 min", "40 s"

using TableRow = std::vector<std::string>;
// Visible texts in columns, two blanks between them; columns named in `right` are set to the right.
// The last column is not filled up.
[[nodiscard]] std::string table_text(const std::vector<TableRow>& rows,
                                     const std::vector<std::size_t>& right,
                                     std::string_view indent);

}  // namespace backshelf
