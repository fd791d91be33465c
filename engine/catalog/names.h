// Comparing and numbering folder names.
#pragma once

#include <string>
#include <string_view>

namespace backshelf {

// Equal for names that differ in case alone, as Windows and Samba compare them: ASCII, Latin-1,
// Latin Extended-A, Greek and Cyrillic letters.
[[nodiscard]] std::string fold_case(std::string_view name);
// "A" becomes "A (2)"; cut where the result would be longer than a file name may be. Number 1 is
// the name itself.
[[nodiscard]] std::string numbered_folder(std::string_view folder, unsigned number);

}  // namespace backshelf
