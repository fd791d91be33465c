#include "engine/config/part_names.h"

#include <algorithm>

#include "engine/base/bytes.h"

namespace backshelf {
namespace {

constexpr std::string_view kApp = "app:";
constexpr std::size_t kMaxSlugBytes = 200;

bool is_slug(std::string_view slug) {
  if (slug.empty() || slug.size() > kMaxSlugBytes || slug == "." || slug == "..") return false;
  return std::all_of(slug.begin(), slug.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

char in_lower_case(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Names of members with another meaning, and words of commands.
constexpr std::string_view kReserved[] = {"full",       "apps",   "homeassistant", "addons_local",
                                          "supervisor", "backup", "snapshot"};

}  // namespace

const std::vector<std::string>& part_words() {
  static const std::vector<std::string> kWords = {"config", "share", "addons",
                                                  "ssl",    "media", "apps"};
  return kWords;
}

bool is_part(std::string_view word) {
  if (word.starts_with(kApp)) return is_slug(word.substr(kApp.size()));
  return std::find(part_words().begin(), part_words().end(), word) != part_words().end();
}

bool is_folder_name(std::string_view word) {
  if (word.empty() || word.size() > kMaxFolderNameBytes || word.front() == '.') return false;
  return std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
  });
}

bool is_same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return in_lower_case(x) == in_lower_case(y); });
}

std::string folder_name_problem(std::string_view name) {
  for (const std::string_view word : kReserved) {
    if (is_same_name(name, word)) return concat("the name '", name, "' has a meaning of its own");
  }
  for (const std::string& word : part_words()) {
    if (name != word && is_same_name(name, word)) {
      return concat("write '", word, "' if it is Home Assistant's, or choose another name");
    }
  }
  return {};
}

}  // namespace backshelf
