#include "fs/read_ahead.h"

#include <fcntl.h>
#include <unistd.h>

#include "engine/base/bytes.h"
#include "engine/base/unique_fd.h"
#include "engine/disk/file.h"

namespace backshelf {
namespace {

constexpr std::string_view kReadAheadKib = "1024\n";
constexpr std::size_t kMaxMountinfoBytes = 16 * kMiB;

// mountinfo writes space, tab, newline and backslash as octal.
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

std::string_view take_word(std::string_view& line) {
  const std::size_t space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  line = space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
  return word;
}

}  // namespace

std::optional<std::string> device_of_mount(std::string_view mountinfo,
                                           std::string_view mount_point) {
  std::optional<std::string> device;
  while (!mountinfo.empty()) {
    const std::size_t end = mountinfo.find('\n');
    std::string_view line = mountinfo.substr(0, end);
    mountinfo = end == std::string_view::npos ? std::string_view() : mountinfo.substr(end + 1);
    (void)take_word(line);  // mount id
    (void)take_word(line);  // parent id
    const std::string_view numbers = take_word(line);
    (void)take_word(line);  // root within the file system
    if (unescape(take_word(line)) == mount_point) device = std::string(numbers);
  }
  return device;
}

void raise_read_ahead(const std::string& mount_point) {
  const ByteVec mountinfo = read_file("/proc/self/mountinfo", kMaxMountinfoBytes);
  const auto device = device_of_mount(as_text(mountinfo), mount_point);
  if (!device) return;
  const std::string path = concat("/sys/class/bdi/", *device, "/read_ahead_kb");
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (fd.is_open()) (void)!::write(fd.get(), kReadAheadKib.data(), kReadAheadKib.size());
}

}  // namespace backshelf
