// What a person probably meant by a word nobody knows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace backshelf {

// The known word that `word` is a misspelling of: at most a third of its letters are wrong,
// missing, too many or swapped with their neighbour, upper or lower case aside. Empty: none is
// near.
[[nodiscard]] std::string nearest_word(std::string_view word,
                                       const std::vector<std::string>& known);
// "; did you mean 'X'?", or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       const std::vector<std::string>& known);

}  // namespace backshelf
