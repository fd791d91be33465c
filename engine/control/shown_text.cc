#include "engine/control/shown_text.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "engine/base/bytes.h"

namespace backshelf {
namespace {

// REQUIRES: `text` starts with a valid character of `length` bytes.
std::uint32_t code_point(std::string_view text, std::size_t length) {
  constexpr std::array<unsigned, 5> kLeadBits = {0, 0x7F, 0x1F, 0x0F, 0x07};
  std::uint32_t code = static_cast<unsigned char>(text[0]) & kLeadBits[length];
  for (std::size_t i = 1; i < length; ++i) {
    code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
  }
  return code;
}

bool is_control(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

// Line and paragraph separators, and marks of writing direction.
bool misleads(std::uint32_t code) {
  return code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

struct Range {
  std::uint32_t first, last;
};
// The larger blocks that terminals draw two columns wide.
constexpr std::array kWide = {
    Range{0x1100, 0x115F},   Range{0x2E80, 0xA4CF},   Range{0xAC00, 0xD7A3},
    Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},   Range{0xFF00, 0xFF60},
    Range{0xFFE0, 0xFFE6},   Range{0x1F300, 0x1F64F}, Range{0x1F680, 0x1F6FF},
    Range{0x1F900, 0x1F9FF}, Range{0x20000, 0x3FFFD}};

std::size_t width_of(std::uint32_t code) {
  if ((code >= 0x300 && code <= 0x36F) || (code >= 0xFE00 && code <= 0xFE0F) || code == 0x200D) {
    return 0;
  }
  const bool wide = std::any_of(kWide.begin(), kWide.end(), [code](const Range& range) {
    return code >= range.first && code <= range.last;
  });
  return wide ? 2 : 1;
}

std::string escape(const char* format, std::uint32_t value) {
  std::array<char, 16> text{};
  (void)std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
  }
  const std::uint32_t code = code_point(text, length);
  const bool too_long = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return too_long || surrogate || code > 0x10FFFF ? 0 : length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool has_control_character(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length != 0 && is_control(code_point(text, length))) return true;
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return false;
}

std::string visible_text(std::string_view text) {
  std::string visible;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::uint32_t code =
        length == 0 ? static_cast<unsigned char>(text[0]) : code_point(text, length);
    if (length == 0 || is_control(code)) {
      visible += escape("\\x%02X", code);
    } else if (misleads(code)) {
      visible += escape("\\u%04X", code);
    } else {
      visible += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return visible;
}

std::size_t shown_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    width += length == 0 ? 1 : width_of(code_point(text, length));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return width;
}

std::string shortened(std::string_view text, std::size_t width) {
  if (shown_width(text) <= width) return std::string(text);
  std::string kept;
  std::size_t used = 1;  // of the "…"
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(utf8_length(text), 1);
    used += shown_width(text.substr(0, length));
    if (used > width) break;
    kept += text.substr(0, length);
    text.remove_prefix(length);
  }
  return kept + "…";
}

std::string shown_size(std::uint64_t bytes) {
  static constexpr std::array kUnits = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  // 999.95 would be printed as 1000.0.
  while (value >= (unit == 0 ? 1000 : 999.95) && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value,
                      kUnits[unit]);
  return text.data();
}

std::string shown_time(Instant instant) {
  constexpr std::size_t kToTheMinute = 16;
  std::string text = to_rfc3339_local(instant).substr(0, kToTheMinute);
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text;
}

std::string shown_duration(std::int64_t seconds) {
  if (seconds < 60) return concat(std::max<std::int64_t>(seconds, 0), " s");
  const std::int64_t minutes = seconds / 60;
  if (minutes < 60) return concat(minutes, " min");
  if (minutes < 48 * 60) return concat(minutes / 60, " h ", minutes % 60, " min");
  return concat(minutes / (24 * 60), " days");
}

std::string table_text(const std::vector<TableRow>& rows, const std::vector<std::size_t>& right,
                       std::string_view indent) {
  std::vector<std::size_t> widths;
  for (const TableRow& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], shown_width(row[i]));
    }
  }
  std::string text;
  for (const TableRow& row : rows) {
    std::string line(indent);
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string fill(widths[i] - shown_width(row[i]), ' ');
      const bool to_right = std::find(right.begin(), right.end(), i) != right.end();
      line += concat(i == 0 ? "" : "  ", to_right ? fill + row[i] : row[i] + fill);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace backshelf
