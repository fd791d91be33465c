#include "tools/mount_point.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>

#include "engine/base/bytes.h"
#include "engine/base/c_handle.h"
#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "engine/disk/mount_table.h"
#include "engine/process/command.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

constexpr std::chrono::seconds kUnmountLimit(10);

// For the words of a shell command.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

// stat() of a mount whose daemon died says so; one that waits while the daemon dies is aborted.
bool is_dead_mount(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) != 0 && (errno == ENOTCONN || errno == ECONNABORTED);
}

void unmount_dead(const std::string& path) {
  print_error(concat(path, ": the daemon that served it is gone; unmounting it first"));
  if (::umount2(path.c_str(), MNT_DETACH) == 0) return;
  const CommandResult done =
      run_command(concat("fusermount3 -uz -- ", quoted(path)), kUnmountLimit, kKiB);
  if (done.exit_code != 0) {
    throw Error(ErrorKind::kBusy, path, "a dead mount lies on it and cannot be taken away",
                concat("as root: umount -l ", path));
  }
}

bool is_shelf(const std::string& path) {
  const auto mount = mount_at(read_mount_table(), path);
  return mount && mount->type == "fuse.backshelf";
}

}  // namespace

std::string real_path(const std::string& path) {
  const CHandle<char, std::free> resolved(::realpath(path.c_str(), nullptr));
  if (!resolved) throw error_from_errno(errno, path);
  return resolved.get();
}

std::string check_mount_point(const std::string& given) {
  if (is_dead_mount(given)) return real_path(given);
  struct stat status {};
  if (::stat(given.c_str(), &status) != 0) {
    if (errno != ENOENT && errno != ENOTDIR)
      throw error_from_errno(errno, concat("mount on ", given));
    throw Error(ErrorKind::kNotFound, concat("mount on ", given), "there is no such folder",
                concat("make it: mkdir ", given));
  }
  if (!S_ISDIR(status.st_mode)) {
    throw Error(ErrorKind::kUsage, concat("mount on ", given), "it is no folder",
                "give an empty folder as mount point");
  }
  std::string path = real_path(given);
  if (is_shelf(path)) {
    throw Error(ErrorKind::kBusy, concat("mount on ", path), "a shelf is mounted there already",
                concat("unmount it first: umount ", path));
  }
  return path;
}

void remove_dead_mount(const std::string& mount_point) {
  if (is_dead_mount(mount_point)) unmount_dead(mount_point);
}

namespace {

// As it is written when nobody may look there: nothing that this user mounts can lie inside it.
std::string real_folder(const std::string& folder) {
  try {
    return find_status(folder) ? real_path(folder) : folder;
  } catch (const Error& error) {  // isolation: a folder that will not be used either
    if (error.kind() != ErrorKind::kAccess) throw;
    return folder;
  }
}

}  // namespace

void refuse_overlap(const std::string& mount_point, const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    if (folder.empty()) continue;
    const std::string real = real_folder(folder);
    if (!is_at_or_below(mount_point, real) && !is_at_or_below(real, mount_point)) continue;
    throw Error(ErrorKind::kUsage, concat("mount on ", mount_point),
                concat("the mount point and ", real, " lie in one another"),
                "mount on a folder of its own");
  }
}

void refuse_covering(const std::string& mount_point, const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (path.empty()) continue;
    const std::string real = real_folder(path);
    if (!is_at_or_below(real, mount_point)) continue;
    throw Error(ErrorKind::kUsage, concat("mount on ", mount_point),
                concat("the shelf would cover ", real), "mount on a folder of its own");
  }
}

}  // namespace backshelf
