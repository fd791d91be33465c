#include "engine/disk/name_list.h"

#include <dirent.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace backshelf {
namespace {

constexpr std::size_t kListBytes = 32 * 1024;  // what readdir() of the C library asks for

bool is_dots(const char* name) {
  return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0;
}

}  // namespace

int NameList::read(int directory) {
  alignas(dirent64) std::array<char, kListBytes> listed;
  for (;;) {
    const ssize_t got = ::getdents64(directory, listed.data(), listed.size());
    if (got < 0 && errno == ENOENT) break;  // the folder was removed: it has no more names
    if (got < 0) return errno;
    if (got == 0) break;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      const auto* const entry = reinterpret_cast<const dirent64*>(listed.data() + at);
      at += entry->d_reclen;
      if (is_dots(entry->d_name)) continue;
      names_.push_back({texts_.size(), entry->d_type});
      texts_.append(entry->d_name, std::strlen(entry->d_name) + 1);
    }
  }
  std::sort(names_.begin(), names_.end(),
            [this](const Name& a, const Name& b) { return std::strcmp(text(a), text(b)) < 0; });
  return 0;
}

}  // namespace backshelf
