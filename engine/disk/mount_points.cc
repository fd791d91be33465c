#include "engine/disk/mount_points.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "engine/base/bytes.h"
#include "engine/base/error.h"

namespace backshelf {
namespace {

constexpr std::size_t kPathColumn = 4;  // of a line of mountinfo
constexpr std::size_t kOctalDigits = 3;

bool is_octal(std::string_view digits) {
  return digits.size() == kOctalDigits &&
         digits.find_first_not_of("01234567") == std::string_view::npos;
}

// The kernel writes white space and backslashes as "\040".
std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view digits = text.substr(i + 1, kOctalDigits);
    if (text[i] != '\\' || !is_octal(digits)) {
      plain += text[i];
      continue;
    }
    int value = 0;
    for (const char digit : digits) value = value * 8 + (digit - '0');
    plain += static_cast<char>(value);
    i += kOctalDigits;
  }
  return plain;
}

std::string_view column(std::string_view line, std::size_t number) {
  for (; number > 0; --number) {
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return {};
    line.remove_prefix(space + 1);
  }
  return line.substr(0, line.find(' '));
}

}  // namespace

std::string path_without_links(const std::string& path) {
  std::error_code failed;
  std::filesystem::path real = std::filesystem::weakly_canonical(path, failed);
  if (failed) real = std::filesystem::path(path).lexically_normal();
  std::string text = real.string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

bool is_at_or_below(std::string_view path, std::string_view directory) {
  if (!path.starts_with(directory)) return false;
  return path.size() == directory.size() || directory == "/" || path[directory.size()] == '/';
}

std::vector<std::string> mount_points_of(std::string_view table, std::string_view directory) {
  std::vector<std::string> found;
  while (!table.empty()) {
    const std::size_t end = table.find('\n');
    const std::string path = unescape(column(table.substr(0, end), kPathColumn));
    if (!path.empty() && is_at_or_below(path, directory)) found.push_back(path);
    table.remove_prefix(end == std::string_view::npos ? table.size() : end + 1);
  }
  return found;
}

std::vector<std::string> mount_points_in(const std::string& directory) {
  constexpr const char* kTable = "/proc/self/mountinfo";
  std::ifstream file(kTable, std::ios::binary);
  const std::string table{std::istreambuf_iterator<char>(file), {}};
  if (table.empty()) throw Error(ErrorKind::kIo, concat("reading ", kTable), "it cannot be read");
  return mount_points_of(table, path_without_links(directory));
}

}  // namespace backshelf
