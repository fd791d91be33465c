#include <algorithm>
#include <array>

#include "engine/archive/metadata.h"
#include "engine/crypto/hash.h"

namespace backshelf {
namespace {

// What Python's str.split() takes for white space, in UTF-8, longest first.
constexpr std::array<std::string_view, 18> kWideSpaces = {
    "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84",
    "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a",
    "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80", "\xc2\xa0"};

std::size_t space_length(std::string_view text) {
  const char c = text.front();
  if (c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f')) return 1;
  if (text.starts_with("\xc2\x85")) return 2;
  for (const std::string_view space : kWideSpaces) {
    if (text.starts_with(space)) return space.size();
  }
  return 0;
}

std::string join_words(std::string_view text) {
  std::string joined;
  bool gap = false;
  while (!text.empty()) {
    const std::size_t space = space_length(text);
    if (space != 0) {
      gap = !joined.empty();
      text.remove_prefix(space);
      continue;
    }
    if (gap) joined += '_';
    gap = false;
    joined += text.front();
    text.remove_prefix(1);
  }
  return joined;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// "2025-02-27T04:47:21.001433+01:00" → "2025-02-27 04.47 21001433"; empty when it is no such date.
std::string date_for_name(std::string_view date) {
  constexpr std::string_view kShape = "dddd-dd-dd?dd:dd:dd";
  if (date.size() < kShape.size()) return {};
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool fits = kShape[i] == 'd'   ? is_digit(date[i])
                      : kShape[i] == '?' ? date[i] == 'T' || date[i] == ' '
                                         : date[i] == kShape[i];
    if (!fits) return {};
  }
  std::string micros;
  if (date.size() > kShape.size() && date[kShape.size()] == '.') {
    for (std::size_t i = kShape.size() + 1; i < date.size() && is_digit(date[i]); ++i) {
      micros += date[i];
    }
  }
  micros.resize(6, '0');
  return concat(date.substr(0, 10), " ", date.substr(11, 2), ".", date.substr(14, 2), " ",
                date.substr(17, 2), micros);
}

}  // namespace

Timestamp date_of(const Metadata& metadata) {
  const std::optional<Instant> date = parse_iso8601(metadata.date);
  return date ? to_timestamp(*date) : Timestamp{};
}

std::string make_slug(std::string_view date, std::string_view name) {
  std::string text = concat(date, " - ", name);
  // HA lowers all of Unicode; other letters than ASCII only make another, equally good slug.
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return to_hex(sha1(as_bytes(text))).substr(0, 8);
}

std::string suggested_file_name(std::string_view name, std::string_view date) {
  return join_words(concat(name, " ", date_for_name(date))) + ".tar";
}

}  // namespace backshelf
