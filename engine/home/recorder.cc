#include "engine/home/recorder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "engine/base/error.h"
#include "engine/disk/file.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxYamlBytes = 4 * kMiB;
constexpr int kMaxKeepDays = 100'000;

std::string_view next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string_view trimmed(std::string_view line) {
  line = line.substr(0, line.find(" #"));
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") + 1 - first);
}

// Only what stands there in the plain form that Home Assistant's documentation shows: a YAML
// reader would be needed for packages, includes and secrets, and this is a hint.
std::optional<int> keep_days_in(std::string_view yaml) {
  constexpr std::string_view kKey = "purge_keep_days:";
  bool in_recorder = false;
  while (!yaml.empty()) {
    const std::string_view line = next_line(yaml);
    const std::string_view words = trimmed(line);
    if (words.empty() || words.front() == '#') continue;
    const bool is_top = line.front() != ' ' && line.front() != '\t';
    if (is_top) in_recorder = words == "recorder:";
    if (!in_recorder || !words.starts_with(kKey)) continue;
    const std::string_view value = trimmed(words.substr(kKey.size()));
    int days = 0;
    const char* const end = value.data() + value.size();
    const auto [stop, failure] = std::from_chars(value.data(), end, days);
    if (failure == std::errc() && stop == end && days > 0 && days <= kMaxKeepDays) return days;
  }
  return std::nullopt;
}

std::uint64_t big_endian(ByteView bytes) {
  std::uint64_t number = 0;
  for (const std::byte byte : bytes) number = number << 8 | std::to_integer<unsigned>(byte);
  return number;
}

// SQLite's file format, section 1.3: the size of a page, and the number of those in the free list.
std::uint64_t unused_bytes_of(const std::string& path) {
  constexpr std::string_view kMagic = "SQLite format 3";
  std::array<std::byte, 100> header{};
  if (FileSource(path).read_at(0, header) < header.size()) return 0;
  const ByteView bytes = header;
  if (as_text(bytes.first(kMagic.size())) != kMagic) return 0;
  const std::uint64_t page = big_endian(bytes.subspan(16, 2));
  return big_endian(bytes.subspan(36, 4)) * (page == 1 ? 65536 : page);
}

}  // namespace

RecorderFacts read_recorder(const std::string& directory) {
  RecorderFacts facts;
  try {
    const auto yaml = find_file(directory + "/configuration.yaml", kMaxYamlBytes);
    if (yaml) facts.keep_days = keep_days_in(as_text(*yaml));
  } catch (const Error&) {  // isolation: a hint is missing
  }
  try {
    facts.unused_bytes = unused_bytes_of(directory + "/home-assistant_v2.db");
  } catch (const Error&) {  // isolation: it may well be absent
  }
  return facts;
}

}  // namespace backshelf
