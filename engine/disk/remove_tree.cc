#include "engine/disk/remove_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/base/unique_fd.h"
#include "engine/disk/mount_table.h"
#include "engine/disk/name_list.h"

namespace backshelf {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

bool is_folder_refusal(int number) {
  return number == EISDIR || number == EPERM;
}

UniqueFd open_for_removal(int parent, const char* name, const std::string& path) {
  UniqueFd fd(::openat(parent, name, kFolderFlags));
  if (!fd.is_open() && errno == EACCES && ::fchmodat(parent, name, S_IRWXU, 0) == 0) {
    fd = UniqueFd(::openat(parent, name, kFolderFlags));
  }
  if (!fd.is_open()) throw error_from_errno(errno, concat("removing ", path));
  struct stat status {};
  if (::fstat(fd.get(), &status) == 0 && (status.st_mode & S_IRWXU) != S_IRWXU) {
    (void)::fchmod(fd.get(), S_IRWXU);
  }
  return fd;
}

// Depth is bounded by what a kernel lets anybody make and a home hold.
void remove_entry(int parent, const char* name, const std::string& path) {
  if (::unlinkat(parent, name, 0) == 0 || errno == ENOENT) return;
  const int number = errno;
  if (!is_folder_refusal(number)) throw error_from_errno(number, concat("removing ", path));
  struct stat status {};
  if (::fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(status.st_mode)) {
    throw error_from_errno(number, concat("removing ", path));
  }
  const UniqueFd folder = open_for_removal(parent, name, path);
  NameList names;
  if (const int failed = names.read(folder.get()); failed != 0) {
    throw error_from_errno(failed, concat("removing ", path));
  }
  for (const NameList::Name& one : names.sorted()) {
    remove_entry(folder.get(), names.text(one), concat(path, "/", names.text(one)));
  }
  if (::unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT) {
    throw error_from_errno(errno, concat("removing ", path));
  }
}

}  // namespace

void remove_tree(const std::string& path) {
  const std::vector<std::string> mounted = mount_points_in(path);
  if (!mounted.empty()) {
    throw Error(ErrorKind::kBusy, concat("removing ", path),
                concat("something is mounted on ", mounted.front()), "unmount it");
  }
  remove_entry(AT_FDCWD, path.c_str(), path);
}

}  // namespace backshelf
