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

inline constexpr std::size_t kMaxFolderNameBytes = 40;
// What [folders] may call a part besides: letters, digits, '-', '_', '.', bytes of other alphabets.
[[nodiscard]] bool is_folder_name(std::string_view word);
// Why such a name cannot be a folder's all the same (Home Assistant or a command uses it); empty:
// it can.
[[nodiscard]] std::string folder_name_problem(std::string_view name);
// Whether the archive or the shelf could confuse them: upper and lower case aside.
[[nodiscard]] bool is_same_name(std::string_view a, std::string_view b);

}  // namespace backshelf
