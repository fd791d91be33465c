#include "engine/disk/exchange.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "engine/base/error.h"
#include "engine/disk/file.h"

namespace backshelf {
namespace {

constexpr std::uint32_t kAllModeBits = 07777;

bool is_unknown_flag(int number) {
  return number == EINVAL || number == ENOSYS || number == EOPNOTSUPP;
}

Error rename_error(int number, const std::string& from, const std::string& to) {
  return error_from_errno(number, concat("renaming ", from, " to ", to));
}

UniqueFd open_folder(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.is_open()) throw error_from_errno(errno, concat("opening ", path));
  return fd;
}

}  // namespace

bool exchange_paths(const std::string& a, const std::string& b) {
  if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0) return true;
  if (is_unknown_flag(errno)) return false;
  throw rename_error(errno, a, b);
}

void rename_to_free(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
  if (!is_unknown_flag(errno)) throw rename_error(errno, from, to);
  if (find_status(to)) throw rename_error(EEXIST, from, to);
  if (::rename(from.c_str(), to.c_str()) != 0) throw rename_error(errno, from, to);
}

void sync_file_system(const std::string& path) {
  const UniqueFd fd = open_folder(path);
  if (::syncfs(fd.get()) != 0) throw error_from_errno(errno, concat("syncing ", path));
}

TreeAttributes attributes_of(const struct stat& status) {
  return {status.st_mode & kAllModeBits, status.st_uid, status.st_gid, mtime_of(status)};
}

void set_directory_attributes(const std::string& path, const TreeAttributes& attributes) {
  // Without a mode that lets its owner in, only root could open it.
  if (::geteuid() != 0) (void)::chmod(path.c_str(), attributes.mode | S_IRWXU);
  const UniqueFd fd = open_folder(path);
  if (::geteuid() == 0 && ::fchown(fd.get(), static_cast<uid_t>(attributes.uid),
                                   static_cast<gid_t>(attributes.gid)) != 0) {
    throw error_from_errno(errno, concat("setting the owner of ", path));
  }
  if (::fchmod(fd.get(), attributes.mode & kAllModeBits) != 0) {
    throw error_from_errno(errno, concat("setting the mode of ", path));
  }
  timespec times[2] = {{0, UTIME_OMIT}, {}};
  times[1].tv_sec = attributes.mtime.seconds;
  times[1].tv_nsec = static_cast<long>(attributes.mtime.nanoseconds);
  if (::futimens(fd.get(), times) != 0) {
    throw error_from_errno(errno, concat("setting the time of ", path));
  }
}

}  // namespace backshelf
