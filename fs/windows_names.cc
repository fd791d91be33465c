#include "fs/windows_names.h"

#include <algorithm>

#include "engine/base/bytes.h"
#include "engine/base/rel_path.h"
#include "engine/catalog/catalog.h"
#include "engine/control/shown_text.h"

namespace backshelf {
namespace {

constexpr std::string_view kForbidden = "<>:\"/\\|?*";
constexpr std::string_view kDigits = "0123456789ABCDEF";
constexpr std::size_t kHashDigits = 16;
constexpr std::size_t kEndBytes = 1 + kHashDigits;  // '~' and the digits

int digit(char c) {
  const std::size_t value = kDigits.find(c);
  return value == std::string_view::npos ? -1 : static_cast<int>(value);
}

// A '%' and two digits at `at`.
bool is_escape(std::string_view text, std::size_t at) {
  return at + 2 < text.size() && text[at] == '%' && digit(text[at + 1]) >= 0 &&
         digit(text[at + 2]) >= 0;
}

bool is_continuation(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
}

bool is_plain(std::string_view name, std::size_t at) {
  const char c = name[at];
  if (static_cast<unsigned char>(c) < 0x20 || kForbidden.find(c) != std::string_view::npos) {
    return false;
  }
  if (at + 1 == name.size() && (c == '.' || c == ' ')) return false;
  return !is_escape(name, at);
}

std::string escaped(std::string_view name) {
  std::string text;
  const bool device = is_device_name(name);
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t length = utf8_length(name.substr(at));
    const bool plain = length > 1 || (length == 1 && is_plain(name, at));
    if (plain && !(device && at == 0)) {
      text += name.substr(at, length);
      at += length;
      continue;
    }
    const auto byte = static_cast<unsigned char>(name[at++]);
    text += '%';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0x0F];
  }
  return text;
}

// FNV-1a: the same on every machine and in every version.
std::string hash_digits(std::string_view name) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[hash >> shift & 0x0F];
  return text;
}

}  // namespace

std::string windows_name(std::string_view name) {
  std::string text = escaped(name);
  if (text.size() <= RelPath::kMaxNameBytes) return text;
  std::size_t end = RelPath::kMaxNameBytes - kEndBytes;
  while (end > 0 && is_continuation(text, end)) --end;
  for (std::size_t back = 1; back <= 2; ++back) {
    if (end >= back && is_escape(text, end - back)) end -= back;
  }
  return concat(text.substr(0, end), "~", hash_digits(name));
}

std::optional<std::string> stored_name(std::string_view shown) {
  std::string name;
  for (std::size_t at = 0; at < shown.size(); ++at) {
    if (!is_escape(shown, at)) {
      name += shown[at];
      continue;
    }
    name += static_cast<char>(digit(shown[at + 1]) << 4 | digit(shown[at + 2]));
    at += 2;
  }
  if (windows_name(name) != shown) return std::nullopt;
  return name;
}

bool is_cut_name(std::string_view shown) {
  if (shown.size() <= kEndBytes || shown[shown.size() - kEndBytes] != '~') return false;
  const std::string_view end = shown.substr(shown.size() - kHashDigits);
  return std::all_of(end.begin(), end.end(), [](char c) { return digit(c) >= 0; });
}

}  // namespace backshelf
