#include "fs/mount_table.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/base/unique_fd.h"

namespace backshelf {
namespace {

constexpr std::string_view kReadAheadKib = "1024\n";

// The table writes space, tab, newline and backslash as octal.
std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      const int code = (text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0');
      plain += static_cast<char>(code);
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
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
  Line line{unescape(take(text, ' ')), {std::string(device), {}}};
  // Behind a varying number of words stands "-", then the type.
  while (!text.empty() && take(text, ' ') != "-") {
  }
  line.row.type = take(text, ' ');
  return line;
}

}  // namespace

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

unsigned raise_read_ahead(const std::string& mount_point) {
  const auto mount = mount_at(read_mount_table(), mount_point);
  if (!mount) return 0;
  const std::string path = concat("/sys/class/bdi/", mount->device, "/read_ahead_kb");
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (fd.is_open()) (void)!::write(fd.get(), kReadAheadKib.data(), kReadAheadKib.size());
  const UniqueFd now(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 16> text{};
  if (!now.is_open() || ::read(now.get(), text.data(), text.size() - 1) <= 0) return 0;
  return static_cast<unsigned>(std::strtoul(text.data(), nullptr, 10));
}

}  // namespace backshelf
