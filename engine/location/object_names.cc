#include "engine/location/object_names.h"

#include <algorithm>
#include <charconv>

#include "engine/base/bytes.h"

namespace backshelf {
namespace {

constexpr std::string_view kArchiveEnd = ".tar";
constexpr std::string_view kTemporaryStart = ".backshelf-";
constexpr std::string_view kTemporaryEnd = ".part";
constexpr std::string_view kHiddenStart = ".backshelf-deleted-";
constexpr std::string_view kHiddenEnd = "~";
constexpr std::size_t kTokenBytes = 64;  // leaves most of a name to the archive's own

// One field of a name: '-' separates fields, so it is in none.
std::string token(std::string_view text) {
  std::string safe(text.substr(0, kTokenBytes));
  for (char& c : safe) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!plain && c != '.') c = '_';
  }
  return safe.empty() ? "none" : safe;
}

// At most `limit` bytes of `text`, and no half of a UTF-8 character at the end.
std::string_view cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  return text.substr(0, limit);
}

std::string_view stem_of(std::string_view archive_name) {
  return archive_name.substr(0, archive_name.size() - kArchiveEnd.size());
}

}  // namespace

bool is_archive_name(std::string_view name) {
  return name.size() > kArchiveEnd.size() && name.size() <= kObjectNameBytes &&
         name.front() != '.' && name.ends_with(kArchiveEnd) &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

std::string temporary_name(std::string_view installation, std::string_view job,
                           std::string_view random) {
  return concat(kTemporaryStart, token(installation), "-", token(job), "-", token(random),
                kTemporaryEnd);
}

bool is_temporary_name(std::string_view name, std::string_view installation) {
  return name.starts_with(concat(kTemporaryStart, token(installation), "-")) &&
         name.ends_with(kTemporaryEnd);
}

std::string hidden_name(std::string_view installation, std::int64_t deleted_seconds,
                        std::string_view random, std::string_view original) {
  const std::string start =
      concat(kHiddenStart, token(installation), "-", deleted_seconds, "-", token(random), "-");
  const std::size_t taken = start.size() + kArchiveEnd.size() + kHiddenEnd.size();
  return concat(start, cut(stem_of(original), kObjectNameBytes - taken), kArchiveEnd, kHiddenEnd);
}

std::optional<HiddenName> parse_hidden_name(std::string_view name, std::string_view installation) {
  const std::string start = concat(kHiddenStart, token(installation), "-");
  if (!name.starts_with(start) || !name.ends_with(kHiddenEnd)) return std::nullopt;
  name.remove_prefix(start.size());
  name.remove_suffix(std::min(name.size(), kHiddenEnd.size()));
  HiddenName parsed;
  const char* const end = name.data() + name.size();
  const auto [after, error] = std::from_chars(name.data(), end, parsed.deleted_seconds);
  if (error != std::errc() || after == end || *after != '-') return std::nullopt;
  name.remove_prefix(static_cast<std::size_t>(after - name.data()) + 1);
  const std::size_t dash = name.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  parsed.original = name.substr(dash + 1);
  if (!is_archive_name(parsed.original)) return std::nullopt;
  return parsed;
}

std::string numbered_name(std::string_view name, unsigned number) {
  if (number == 1) return std::string(name);
  const std::string end = concat(" (", number, ")", kArchiveEnd);
  return concat(cut(stem_of(name), kObjectNameBytes - end.size()), end);
}

}  // namespace backshelf
