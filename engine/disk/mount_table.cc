#include "engine/disk/mount_table.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/base/unique_fd.h"

namespace backshelf {
namespace {

bool is_octal(std::string_view digits) {
  return digits.size() == 3 && digits.find_first_not_of("01234567") == std::string_view::npos;
}

std::string_view take(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  const std::string_view piece = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return piece;
}

struct Line {
  std::string path;
  MountRow row;
};

Line parse(std::string_view text) {
  (void)take(text, ' ');  // mount id
  (void)take(text, ' ');  // parent id
  const std::string_view device = take(text, ' ');
  (void)take(text, ' ');  // root within the file system
  Line line{unescape_mount_path(take(text, ' ')), {std::string(device), {}}};
  // Behind a varying number of words stands "-", then the type.
  while (!text.empty() && take(text, ' ') != "-") {
  }
  line.row.type = take(text, ' ');
  return line;
}

}  // namespace

std::string unescape_mount_path(std::string_view field) {
  std::string path;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const std::string_view digits = field.substr(i + 1).substr(0, 3);
    if (field[i] != '\\' || !is_octal(digits)) {
      path += field[i];
      continue;
    }
    path += static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0'));
    i += digits.size();
  }
  return path;
}

std::string read_mount_table() {
  constexpr const char* kPath = "/proc/self/mountinfo";
  const UniqueFd fd(::open(kPath, O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) throw error_from_errno(errno, kPath);
  std::string table;
  std::array<char, 64 * kKiB> piece{};
  for (;;) {
    const ssize_t got = ::read(fd.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw error_from_errno(errno, kPath);
    if (got == 0) return table;
    table.append(piece.data(), static_cast<std::size_t>(got));
  }
}

std::optional<MountRow> mount_at(std::string_view table, std::string_view path) {
  std::optional<MountRow> found;
  while (!table.empty()) {
    const Line line = parse(take(table, '\n'));
    if (!line.path.empty() && line.path == path) found = line.row;
  }
  return found;
}

std::vector<std::string> mounts_of_type(std::string_view table, std::string_view type) {
  std::vector<std::string> paths;
  while (!table.empty()) {
    Line line = parse(take(table, '\n'));
    if (line.row.type == type) paths.push_back(std::move(line.path));
  }
  return paths;
}

std::vector<std::string> mount_points_of(std::string_view table, std::string_view directory) {
  std::vector<std::string> found;
  while (!table.empty()) {
    Line line = parse(take(table, '\n'));
    if (line.path.empty() || !is_at_or_below(line.path, directory)) continue;
    found.push_back(std::move(line.path));
  }
  return found;
}

std::vector<std::string> mount_points_in(const std::string& directory) {
  return mount_points_of(read_mount_table(), path_without_links(directory));
}

std::string path_without_links(const std::string& path) {
  std::error_code failed;
  std::filesystem::path real = std::filesystem::weakly_canonical(path, failed);
  if (failed) real = std::filesystem::path(path).lexically_normal();
  std::string text = real.string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

std::string parent_directory(const std::string& path) {
  return path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
}

bool is_at_or_below(std::string_view path, std::string_view directory) {
  if (!path.starts_with(directory)) return false;
  return path.size() == directory.size() || directory == "/" || path[directory.size()] == '/';
}

}  // namespace backshelf
