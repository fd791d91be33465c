#include "engine/disk/source_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <optional>
#include <vector>

#include "engine/disk/name_list.h"

namespace backshelf {
namespace {

// A descriptor is open per level; real homes are some ten levels deep, and PATH_MAX ends real
// paths.
constexpr std::size_t kMaxWalkDepth = 400;

UniqueFd open_at(int parent, const char* name) {
  const int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;  // a FIFO may have taken it
  UniqueFd fd(::openat(parent, name, flags | O_NOATIME));
  // O_NOATIME is for the owner alone.
  if (!fd.is_open() && errno == EPERM) fd = UniqueFd(::openat(parent, name, flags));
  return fd;
}

class Walk {
 public:
  Walk(const std::string& root, WalkOptions options, WalkVisitor& visitor)
      : root_(root), options_(options), visitor_(visitor) {}

  void run() {
    // The root itself may be a link: its owner chose it.
    const UniqueFd top(::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!top.is_open()) throw error_from_errno(errno, concat("opening ", root_));
    struct stat status {};
    if (::fstat(top.get(), &status) != 0) {
      throw error_from_errno(errno, concat("looking at ", root_));
    }
    device_ = status.st_dev;
    UniqueFd none;
    if (visitor_.visit({path_, status, {}, none})) directory(top, 0);
  }

 private:
  [[nodiscard]] Error failure(const char* doing) const {
    return error_from_errno(errno, concat(doing, root_, "/", path_));
  }

  // path_ is the directory's, and is again when it returns.
  void directory(const UniqueFd& fd, std::size_t depth) {
    NameList names;
    try {
      if (depth > kMaxWalkDepth) {
        throw Error(ErrorKind::kInvalid, concat("walking ", root_, "/", path_),
                    "it is nested too deeply");
      }
      const int number = names.read(fd.get());
      if (number != 0) throw error_from_errno(number, concat("listing ", root_, "/", path_));
    } catch (const Error& error) {  // isolation: one source file
      visitor_.failed(path_, error);
      return;
    }
    const std::size_t length = path_.size();
    for (const NameList::Name& name : names.sorted()) {
      if (length > 0) path_ += '/';
      path_ += names.text(name);
      if (visitor_.wants(path_)) child(fd, names.text(name), name.type, depth);
      path_.resize(length);
    }
  }

  struct Look {
    struct stat status {};
    UniqueFd fd;  // of a directory to descend into, or of a file
    std::string link_target;
  };

  // What the listing calls a regular file is opened at once, and looked at when it is open. False:
  // it is something else by now, or cannot be opened.
  [[nodiscard]] bool open_file(int parent, const char* name, Look& look) const {
    look.fd = open_at(parent, name);
    if (look.fd.is_open() && ::fstat(look.fd.get(), &look.status) == 0 &&
        S_ISREG(look.status.st_mode)) {
      return true;
    }
    look.fd = UniqueFd();
    return false;
  }

  void look_at(int parent, const char* name, Look& look) const {
    if (::fstatat(parent, name, &look.status, AT_SYMLINK_NOFOLLOW) != 0) {
      throw failure("looking at ");
    }
    if (S_ISLNK(look.status.st_mode)) read_link(parent, name, look);
    if (S_ISDIR(look.status.st_mode) && stays_here(look.status)) {
      look.fd = UniqueFd(
          ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
      if (!look.fd.is_open()) throw failure("opening ");
    }
    if (!S_ISREG(look.status.st_mode) || !options_.open_files) return;
    const struct stat seen = look.status;
    look.fd = open_at(parent, name);
    if (!look.fd.is_open()) throw failure("opening ");
    if (::fstat(look.fd.get(), &look.status) != 0) throw failure("looking at ");
    if (look.status.st_ino != seen.st_ino || look.status.st_dev != seen.st_dev ||
        !S_ISREG(look.status.st_mode)) {
      throw Error(ErrorKind::kNotFound, concat("opening ", root_, "/", path_),
                  "it was replaced by something else while it was being read");
    }
  }

  void read_link(int parent, const char* name, Look& look) const {
    std::array<char, PATH_MAX + 1> target{};
    const ssize_t length = ::readlinkat(parent, name, target.data(), target.size());
    if (length < 0) throw failure("reading the link ");
    look.link_target.assign(target.data(), static_cast<std::size_t>(length));
  }

  // Looks at one name; what fails here is told and the walk goes on.
  void child(const UniqueFd& parent, const char* name, unsigned char type, std::size_t depth) {
    Look look;
    try {
      const bool open_first = options_.open_files && type == DT_REG;
      if (!open_first || !open_file(parent.get(), name, look)) {
        look_at(parent.get(), name, look);
      }
    } catch (const Error& error) {  // isolation: one source file
      visitor_.failed(path_, error);
      return;
    }
    const bool is_directory = S_ISDIR(look.status.st_mode);
    UniqueFd below = is_directory ? std::move(look.fd) : UniqueFd();
    const bool descend = visitor_.visit({path_, look.status, look.link_target, look.fd});
    if (is_directory && descend && below.is_open()) directory(below, depth + 1);
  }

  [[nodiscard]] bool stays_here(const struct stat& status) const {
    return !options_.one_file_system || status.st_dev == device_;
  }

  const std::string& root_;
  const WalkOptions options_;
  WalkVisitor& visitor_;
  std::string path_;  // of what is looked at
  dev_t device_ = 0;
};

}  // namespace

bool WalkVisitor::wants(std::string_view) {
  return true;
}

void walk(const std::string& root, WalkOptions options, WalkVisitor& visitor) {
  Walk(root, options, visitor).run();
}

}  // namespace backshelf
