#include "engine/location/mount_points.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <vector>

#include "engine/disk/mount_table.h"

namespace backshelf {
namespace {

std::optional<struct statx> look_at(const std::string& path) {
  struct statx found {};
  if (::statx(AT_FDCWD, path.c_str(), AT_NO_AUTOMOUNT, STATX_TYPE, &found) != 0) {
    return std::nullopt;
  }
  return found;
}

bool is_other_disk(const std::string& path, const struct statx& found) {
  const auto above = look_at(parent_directory(path));
  return path == "/" || (above && (above->stx_dev_major != found.stx_dev_major ||
                                   above->stx_dev_minor != found.stx_dev_minor));
}

std::string without_links(const std::string& path) {
  struct Free {
    void operator()(char* text) const { std::free(text); }
  };
  const std::unique_ptr<char, Free> real(::realpath(path.c_str(), nullptr));
  return real ? std::string(real.get()) : std::string();
}

std::vector<std::string_view> fields_of(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r";
  std::vector<std::string_view> fields;
  for (std::size_t at = line.find_first_not_of(kBlanks); at != line.npos;
       at = line.find_first_not_of(kBlanks, at)) {
    const std::size_t end = std::min(line.find_first_of(kBlanks, at), line.size());
    fields.push_back(line.substr(at, end - at));
    at = end;
  }
  return fields;
}

std::string plain_path(std::string_view field) {
  std::string path = unescape_mount_path(field);
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

bool is_mount_point(const std::string& path) {
  const auto found = look_at(path);
  if (!found) return false;
  // A kernel before 5.8 does not know of what is mounted within one file system.
  return (found->stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0 || is_other_disk(path, *found);
}

std::string mount_point_of(const std::string& path) {
  std::string at = without_links(path);
  while (!at.empty() && at != "/") {
    const auto found = look_at(at);
    if (!found) return {};
    if (is_other_disk(at, *found)) return at;
    at = parent_directory(at);
  }
  return at;
}

std::string listed_mount_point(std::string_view fstab, const std::string& path) {
  std::string real = without_links(path);
  if (real.empty()) real = path;
  std::string nearest;
  while (!fstab.empty()) {
    const std::size_t end = std::min(fstab.find('\n'), fstab.size());
    const auto fields = fields_of(fstab.substr(0, end));
    fstab.remove_prefix(std::min(end + 1, fstab.size()));
    if (fields.size() < 2 || fields[0].starts_with('#') || !fields[1].starts_with('/')) continue;
    const std::string folder = plain_path(fields[1]);
    const bool above = is_at_or_below(path, folder) || is_at_or_below(real, folder);
    if (above && folder != "/" && folder.size() > nearest.size()) nearest = folder;
  }
  return nearest;
}

}  // namespace backshelf
