#include "engine/tar/header_block.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace backshelf {
namespace {

std::optional<std::int64_t> base256(std::string_view field) {
  const bool negative = (static_cast<unsigned char>(field[0]) & 0x40U) != 0;
  // The marker bit goes; what is left is a big-endian two's complement number.
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  const std::uint64_t overflow = negative ? ~std::uint64_t{0} >> 55U : 0;
  for (std::size_t i = 0; i < field.size(); ++i) {
    std::uint64_t byte = static_cast<unsigned char>(field[i]);
    if (i == 0) byte = negative ? byte | 0x80U : byte & 0x7FU;
    if (value >> 55U != overflow) return std::nullopt;
    value = value << 8U | byte;
  }
  if ((value >> 63U != 0) != negative) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\0'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  const std::size_t end = std::min(text.find('\0'), text.size());
  text = text.substr(0, end);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string_view field_bytes(ByteView block, Field field) {
  return as_text(block.subspan(field.offset, field.length));
}

std::string_view field_text(ByteView block, Field field) {
  const std::string_view bytes = field_bytes(block, field);
  return bytes.substr(0, std::min(bytes.find('\0'), bytes.size()));
}

std::optional<std::int64_t> tar_number(std::string_view field) {
  if (!field.empty() && (static_cast<unsigned char>(field[0]) & 0x80U) != 0) return base256(field);
  const std::string_view digits = trimmed(field);
  if (digits.empty()) return 0;
  std::int64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, 8);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

bool has_good_checksum(ByteView block) {
  const auto stored = tar_number(field_bytes(block, tar_field::kChecksum));
  if (!stored) return false;
  // A fixed count of 32-bit sums is what compilers vectorise: this runs for every header.
  const std::byte* bytes = block.data();
  std::int32_t sum = 0, high = 0;
  for (std::size_t i = 0; i < 512; ++i) sum += std::to_integer<std::int32_t>(bytes[i]);
  for (const char c : field_bytes(block, tar_field::kChecksum)) {
    sum += ' ' - static_cast<unsigned char>(c);
    high -= static_cast<unsigned char>(c) >> 7;
  }
  if (*stored == sum) return true;
  for (std::size_t i = 0; i < 512; ++i) high += std::to_integer<std::int32_t>(bytes[i]) >> 7;
  return *stored == sum - 256 * high;
}

std::string header_name(ByteView block) {
  const std::string_view name = field_text(block, tar_field::kName);
  if (!field_bytes(block, tar_field::kMagic).starts_with(std::string_view("ustar", 6)))
    return std::string(name);
  Field field = tar_field::kPrefix;
  // star keeps times behind a shorter prefix, and says so in the last bytes of the block.
  if (as_text(block.subspan(508, 4)) == std::string_view("tar", 4)) field.length = 131;
  const std::string_view prefix = field_text(block, field);
  return prefix.empty() ? std::string(name) : concat(prefix, "/", name);
}

std::optional<std::uint64_t> decimal(std::string_view text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, 10);
  if (text.empty() || text[0] == '-' || error != std::errc() || stop != end) return std::nullopt;
  return static_cast<std::uint64_t>(value);
}

bool PaxReader::next() {
  if (malformed_ || rest_.find_first_not_of('\0') == std::string_view::npos) return false;
  malformed_ = true;
  const std::size_t space = rest_.find(' ');
  if (space == std::string_view::npos || space > 20) return false;
  const auto length = decimal(rest_.substr(0, space));
  if (!length || *length > rest_.size() || *length < space + 3) return false;
  const std::string_view record = rest_.substr(0, static_cast<std::size_t>(*length));
  const std::size_t equals = record.find('=', space);
  if (record.back() != '\n' || equals == std::string_view::npos) return false;
  if (equals == space + 1 || equals + 1 >= record.size()) return false;
  key_ = record.substr(space + 1, equals - space - 1);
  value_ = record.substr(equals + 1, record.size() - equals - 2);
  rest_.remove_prefix(record.size());
  malformed_ = false;
  return true;
}

}  // namespace backshelf
