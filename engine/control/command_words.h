// The words that several commands take, and the refusal of those they do not; part of
// engine/control only. Each throws Error(kUsage) that names `command` and what to type instead.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace backshelf {

using Words = std::vector<std::string>;

[[noreturn]] void refuse(std::string_view command, std::string_view why,
                         std::string_view todo = {});
[[nodiscard]] std::string quoted(std::string_view word);  // for a message: visible, and cut
[[nodiscard]] Words list_of(std::string_view text);       // "a,b": without empty or double ones
void check_text(std::string_view command, const std::string& text);  // UTF-8, nothing invisible
[[nodiscard]] std::string folder_of(std::string_view command, std::string folder);
[[nodiscard]] Words folders_of(std::string_view command, const Words& words);
// "key=value", with one of `keys`.
[[nodiscard]] std::pair<std::string, std::string> option_of(std::string_view command,
                                                            const std::string& word,
                                                            const Words& keys,
                                                            std::string_view takes);
[[nodiscard]] Words parts_of(std::string_view command, const std::string& value);

}  // namespace backshelf
