#include "fs/kernel_read_ahead.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string_view>

#include "engine/base/bytes.h"
#include "engine/base/unique_fd.h"
#include "engine/disk/mount_table.h"

namespace backshelf {

namespace {

constexpr std::string_view kReadAheadKib = "1024\n";

}  // namespace

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
