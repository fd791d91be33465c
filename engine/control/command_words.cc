#include "engine/control/command_words.h"

#include <algorithm>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/config/nearest_word.h"
#include "engine/config/part_names.h"
#include "engine/control/shown_text.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxShownBytes = 100;  // of a wrong word in a message

}  // namespace

void refuse(std::string_view command, std::string_view why, std::string_view todo) {
  throw Error(ErrorKind::kUsage, std::string(command), std::string(why), std::string(todo));
}

std::string quoted(std::string_view word) {
  return concat("'", visible_text(word.substr(0, kMaxShownBytes)), "'");
}

Words list_of(std::string_view text) {
  Words words;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string word(text.substr(0, comma));
    if (!word.empty() && std::find(words.begin(), words.end(), word) == words.end()) {
      words.push_back(word);
    }
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return words;
}

void check_text(std::string_view command, const std::string& text) {
  if (!is_utf8(text)) refuse(command, concat(quoted(text), " is no UTF-8"));
  if (has_control_character(text)) {
    refuse(command, concat(quoted(text), " holds a control character"));
  }
}

std::string folder_of(std::string_view command, std::string folder) {
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  check_text(command, folder);
  if (folder.empty() || folder.find('/') != std::string::npos) {
    refuse(command, concat(quoted(folder), " is no backup's folder"),
           "give the folder's name alone, as `ls` of the shelf shows it");
  }
  return folder;
}

Words folders_of(std::string_view command, const Words& words) {
  if (words.empty()) refuse(command, "no backup is named", concat("type: ", command, " FOLDER"));
  Words folders;
  for (const std::string& word : words) {
    std::string folder = folder_of(command, word);
    if (std::find(folders.begin(), folders.end(), folder) == folders.end()) {
      folders.push_back(std::move(folder));
    }
  }
  return folders;
}

// "key=value" of the words behind the folder; what is not one is refused.
std::pair<std::string, std::string> option_of(std::string_view command, const std::string& word,
                                              const Words& keys, std::string_view takes) {
  const std::size_t sign = word.find('=');
  const std::string key = word.substr(0, sign);
  if (sign == word.npos || std::find(keys.begin(), keys.end(), key) == keys.end()) {
    refuse(command, concat("unknown word ", quoted(word), did_you_mean(key, keys)),
           concat("it takes: ", takes));
  }
  return {key, word.substr(sign + 1)};
}

Words parts_of(std::string_view command, const std::string& value) {
  const Words parts = list_of(value);
  if (parts.empty()) refuse(command, "parts= names no part", "type: parts=config,ssl");
  for (const std::string& part : parts) {
    // A folder of the INI may have any name; whether it is one is known where the home is.
    if (is_part(part) || is_folder_name(part)) continue;
    refuse(command, concat("unknown part ", quoted(part), did_you_mean(part, part_words())),
           "parts are config, share, addons, ssl, media, apps, app:SLUG and names of [folders]");
  }
  return parts;
}

}  // namespace backshelf
