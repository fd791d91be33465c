#include "engine/disk/source_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <vector>

#include "engine/base/c_handle.h"

namespace backshelf {
namespace {

// A descriptor is open per level; real homes are some ten levels deep, and PATH_MAX ends real
// paths.
constexpr std::size_t kMaxWalkDepth = 400;

UniqueFd open_directory_at(int parent, const std::string& name, const std::string& shown) {
  UniqueFd fd(
      ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd.is_open()) throw error_from_errno(errno, concat("opening ", shown));
  return fd;
}

UniqueFd open_same_file_at(int parent, const std::string& name, const struct stat& seen,
                           const std::string& shown) {
  const int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
  UniqueFd fd(::openat(parent, name.c_str(), flags | O_NOATIME));
  // O_NOATIME is for the owner alone.
  if (!fd.is_open() && errno == EPERM) fd = UniqueFd(::openat(parent, name.c_str(), flags));
  if (!fd.is_open()) throw error_from_errno(errno, concat("opening ", shown));
  struct stat now {};
  if (::fstat(fd.get(), &now) != 0) throw error_from_errno(errno, concat("looking at ", shown));
  if (now.st_ino != seen.st_ino || now.st_dev != seen.st_dev || !S_ISREG(now.st_mode)) {
    throw Error(ErrorKind::kNotFound, concat("opening ", shown),
                "it was replaced by something else while it was being read");
  }
  return fd;
}

std::string read_link_at(int parent, const std::string& name, const std::string& shown) {
  std::array<char, PATH_MAX + 1> target{};
  const ssize_t length = ::readlinkat(parent, name.c_str(), target.data(), target.size());
  if (length < 0) throw error_from_errno(errno, concat("reading the link ", shown));
  return {target.data(), static_cast<std::size_t>(length)};
}

std::vector<std::string> names_in(const UniqueFd& directory, const std::string& shown) {
  // fdopendir takes the descriptor over, and openat below still needs ours.
  const int copy = ::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const CHandle<DIR, closedir> stream(copy < 0 ? nullptr : ::fdopendir(copy));
  if (!stream) throw error_from_errno(errno, concat("listing ", shown));
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* const found = ::readdir(stream.get());
    if (found == nullptr) {
      if (errno != 0) throw error_from_errno(errno, concat("listing ", shown));
      break;
    }
    std::string name = found->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Walk {
 public:
  Walk(const std::string& root, bool one_file_system, const WalkCalls& calls)
      : root_(root), one_file_system_(one_file_system), calls_(calls) {}

  void run() {
    const UniqueFd top = open_root();
    WalkItem item;
    if (::fstat(top.get(), &item.status) != 0)
      throw error_from_errno(errno, concat("looking at ", root_));
    device_ = item.status.st_dev;
    if (calls_.visit(item)) directory(top, "", 0);
  }

 private:
  UniqueFd open_root() const {
    // The root itself may be a link: its owner chose it.
    UniqueFd fd(::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.is_open()) throw error_from_errno(errno, concat("opening ", root_));
    return fd;
  }

  [[nodiscard]] std::string shown(const std::string& path) const {
    return concat(root_, "/", path);
  }

  void directory(const UniqueFd& fd, const std::string& path, std::size_t depth) {
    std::vector<std::string> names;
    try {
      if (depth > kMaxWalkDepth) {
        throw Error(ErrorKind::kInvalid, concat("walking ", shown(path)),
                    "it is nested too deeply");
      }
      names = names_in(fd, shown(path));
    } catch (const Error& error) {  // isolation: one source file
      calls_.failed(path, error);
      return;
    }
    for (const std::string& name : names) {
      child(fd, name, path.empty() ? name : concat(path, "/", name), depth);
    }
  }

  // Looks at one name; what fails here is told and the walk goes on.
  void child(const UniqueFd& parent, const std::string& name, const std::string& path,
             std::size_t depth) {
    WalkItem item;
    item.path = path;
    UniqueFd below;
    try {
      if (::fstatat(parent.get(), name.c_str(), &item.status, AT_SYMLINK_NOFOLLOW) != 0) {
        throw error_from_errno(errno, concat("looking at ", shown(path)));
      }
      if (S_ISLNK(item.status.st_mode))
        item.link_target = read_link_at(parent.get(), name, shown(path));
      if (S_ISDIR(item.status.st_mode) && stays_here(item.status)) {
        below = open_directory_at(parent.get(), name, shown(path));
      }
    } catch (const Error& error) {  // isolation: one source file
      calls_.failed(path, error);
      return;
    }
    if (S_ISREG(item.status.st_mode)) {
      item.open = [&, seen = item.status] {
        return open_same_file_at(parent.get(), name, seen, shown(path));
      };
    }
    const bool descend = calls_.visit(item);
    if (descend && below.is_open()) directory(below, path, depth + 1);
  }

  [[nodiscard]] bool stays_here(const struct stat& status) const {
    return !one_file_system_ || status.st_dev == device_;
  }

  const std::string& root_;
  const bool one_file_system_;
  const WalkCalls& calls_;
  dev_t device_ = 0;
};

}  // namespace

void walk(const std::string& root, bool one_file_system, const WalkCalls& calls) {
  Walk(root, one_file_system, calls).run();
}

}  // namespace backshelf
