#include "engine/config/part_names.h"

#include <algorithm>

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

}  // namespace backshelf
