#include "engine/disk/publish.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "engine/base/unique_fd.h"
#include "engine/disk/staged_file.h"

namespace backshelf {
namespace {

bool is_missing_call(int number) {
  return number == EINVAL || number == ENOSYS || number == EOPNOTSUPP;
}

}  // namespace

int publish_by_link(int directory, const std::string& from, const std::string& to) {
  if (::linkat(directory, from.c_str(), directory, to.c_str(), 0) != 0) return errno;
  return ::unlinkat(directory, from.c_str(), 0) == 0 ? 0 : errno;
}

int publish_by_placeholder(int directory, const std::string& from, const std::string& to) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
  const UniqueFd holder(::openat(directory, to.c_str(), kFlags, 0600));
  if (!holder.is_open()) return errno;
  if (::renameat(directory, from.c_str(), directory, to.c_str()) == 0) return 0;
  const int number = errno;
  (void)::unlinkat(directory, to.c_str(), 0);
  return number;
}

int publish(int directory, const std::string& from, const std::string& to) {
  if (::renameat2(directory, from.c_str(), directory, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (!is_missing_call(errno)) return errno;
  const int number = publish_by_link(directory, from, to);
  if (number != EPERM && number != EMLINK && !is_missing_call(number)) return number;
  return publish_by_placeholder(directory, from, to);
}

int sync_open_directory(int directory) {
  // Some network file systems cannot sync a directory and say EINVAL; they order renames
  // themselves.
  return ::fsync(directory) == 0 || errno == EINVAL ? 0 : errno;
}

bool rename_if_free(const std::string& from, const std::string& to, const MakeRoom& make_room) {
  int number = publish(AT_FDCWD, from, to);
  while (number == ENOSPC && make_room && make_room()) number = publish(AT_FDCWD, from, to);
  if (number == EEXIST) return false;
  if (number != 0) throw error_from_errno(number, concat("renaming ", from, " to ", to));
  sync_directory(to.substr(0, to.rfind('/') + 1));
  return true;
}

bool remove_if_unlocked(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.is_open()) {
    if (errno == ENOENT || errno == ELOOP || errno == EISDIR) return false;
    throw error_from_errno(errno, concat("opening ", path));
  }
  struct stat found {};
  if (::fstat(fd.get(), &found) != 0 || !S_ISREG(found.st_mode)) return false;
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return false;
  return remove_file_if_present(path);
}

bool is_read_only_directory(const std::string& path) {
  if (::access(path.c_str(), W_OK | X_OK) == 0) return false;
  return errno == EROFS || errno == EACCES || errno == EPERM;
}

void check_readable_directory(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) throw error_from_errno(errno, concat("opening ", path));
  if (!S_ISDIR(found.st_mode)) {
    throw Error(ErrorKind::kInvalid, concat("opening ", path), "it is no directory");
  }
  if (::access(path.c_str(), R_OK | X_OK) != 0) {
    throw error_from_errno(errno, concat("opening ", path));
  }
}

}  // namespace backshelf
