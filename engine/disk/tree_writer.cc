#include "engine/disk/tree_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>

#include "engine/base/error.h"
#include "engine/disk/publish.h"
#include "engine/disk/sparse_fd_sink.h"

namespace backshelf {
namespace {

constexpr std::uint32_t kPlainModeBits = 0777;  // without setuid, setgid, sticky
constexpr mode_t kWhileWriting = 0700;
constexpr mode_t kFileWhileWriting = 0600;

using PathText = std::function<std::string()>;  // asked for errors only

std::string shown(const TreeFolder& folder, const std::string& name) {
  return folder.path.is_root() ? name : concat(folder.path.text(), "/", name);
}

// Removes a temporary name unless it was given its real one.
class Temporary {
 public:
  Temporary(int parent, std::string name) : parent_(parent), name_(std::move(name)) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (!kept_) (void)::unlinkat(parent_, name_.c_str(), 0);
  }
  void keep() { kept_ = true; }

 private:
  int parent_;
  std::string name_;
  bool kept_ = false;
};

timespec to_timespec(Timestamp stamp) {
  timespec time{};
  time.tv_sec = stamp.seconds;
  time.tv_nsec = static_cast<long>(stamp.nanoseconds);
  return time;
}

// What a file just made has already, and need not be set.
struct Given {
  bool owners = false;
  std::optional<mode_t> mode;
};

// Owner before mode, because a change of owner may clear mode bits; times last.
void set_attributes(int fd, const PathText& path, const TreeAttributes& attributes,
                    const Given& given) {
  if (!given.owners &&
      ::fchown(fd, static_cast<uid_t>(attributes.uid), static_cast<gid_t>(attributes.gid)) != 0) {
    throw error_from_errno(errno, concat("set the owner of ", path()));
  }
  const mode_t mode = attributes.mode & kPlainModeBits;
  if (given.mode != mode && ::fchmod(fd, mode) != 0) {
    throw error_from_errno(errno, concat("set the mode of ", path()));
  }
  const timespec times[2] = {{0, UTIME_OMIT}, to_timespec(attributes.mtime)};
  if (::futimens(fd, times) != 0) {
    throw error_from_errno(errno, concat("set the time of ", path()));
  }
}

Error exists_error(const std::string& path) {
  return Error(ErrorKind::kExists, concat("write ", path), "it is already there",
               "--overwrite replaces files");
}

Error not_a_directory(std::string_view path) {
  return Error(ErrorKind::kExists, concat("write below ", path),
               "something that is no directory is in the way", "choose an empty folder");
}

}  // namespace

TreeWriter::TreeWriter(const std::string& root, Options options)
    : options_(options), root_name_(root), uid_(::geteuid()), gid_(::getegid()) {
  if (::mkdir(root.c_str(), 0755) != 0 && errno != EEXIST) {
    throw error_from_errno(errno, concat("make the folder ", root));
  }
  root_ = UniqueFd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root_.is_open()) throw error_from_errno(errno, concat("open the folder ", root));
}

TreeFolderPtr TreeWriter::open_directory(const RelPath& path, bool make) const {
  auto folder = std::make_shared<TreeFolder>();
  folder->path = path;
  UniqueFd& current = folder->fd;
  current = UniqueFd(::fcntl(root_.get(), F_DUPFD_CLOEXEC, 0));
  if (!current.is_open()) throw error_from_errno(errno, concat("open ", root_name_));
  for (const std::string_view part : path.components()) {
    const std::string name(part);
    folder->is_new = make && ::mkdirat(current.get(), name.c_str(), kWhileWriting) == 0;
    if (make && !folder->is_new && errno != EEXIST) {
      throw error_from_errno(errno, concat("make the folder ", path.text()));
    }
    UniqueFd next(
        ::openat(current.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next.is_open() && (errno == ELOOP || errno == ENOTDIR)) throw not_a_directory(path.text());
    if (!next.is_open()) throw error_from_errno(errno, concat("open the folder ", path.text()));
    current = std::move(next);
  }
  struct stat status {};
  // Whether groups come from the folder or from the process, it is ours when both are the same.
  folder->gives_our_group = ::fstat(current.get(), &status) == 0 && status.st_gid == gid_;
  return folder;
}

TreeFolderPtr TreeWriter::folder(const RelPath& path) {
  if (!parent_ || parent_->path != path) parent_ = open_directory(path, /*make=*/true);
  return parent_;
}

std::string TreeWriter::next_temporary() {
  return concat(".backshelf-extract-", ::getpid(), "-", ++temporaries_);
}

// Asked before the content is decoded; publish() asks again, in one step with the rename.
void TreeWriter::refuse_existing(const TreeFolder& folder, const std::string& name) const {
  struct stat status {};
  if (folder.is_new) return;
  if (::fstatat(folder.fd.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return;
  if (!options_.overwrite || S_ISDIR(status.st_mode)) throw exists_error(shown(folder, name));
}

void TreeWriter::publish(const TreeFolder& folder, const std::string& temporary,
                         const std::string& name) {
  const int parent = folder.fd.get();
  int number = 0;
  if (!options_.overwrite) {
    number = backshelf::publish(parent, temporary, name);
  } else if (::renameat(parent, temporary.c_str(), parent, name.c_str()) != 0) {
    number = errno;
  }
  if (number == EEXIST && !options_.overwrite) throw exists_error(shown(folder, name));
  if (number != 0) throw error_from_errno(number, concat("write ", shown(folder, name)));
}

TreeFolderPtr TreeWriter::add_directory(const RelPath& path, const TreeAttributes& attributes) {
  TreeFolderPtr made = open_directory(path, /*make=*/true);
  if (!path.is_root()) directories_.push_back({path, attributes});
  return made;
}

void TreeWriter::add_file(const RelPath& path, const TreeAttributes& attributes,
                          const std::function<void(Sink&)>& fill) {
  add_file(*folder(path.parent()), std::string(path.name()), attributes, fill);
}

void TreeWriter::add_file(const TreeFolder& folder, const std::string& name,
                          const TreeAttributes& attributes,
                          const std::function<void(Sink&)>& fill) {
  const int parent = folder.fd.get();
  refuse_existing(folder, name);
  const std::string temporary = next_temporary();
  UniqueFd file(::openat(parent, temporary.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileWhileWriting));
  if (!file.is_open()) throw error_from_errno(errno, concat("write ", shown(folder, name)));
  Temporary guard(parent, temporary);
  const PathText path = [&] { return shown(folder, name); };
  SparseFdSink sink(file.get(), path);
  fill(sink);
  sink.finish();
  Given given;
  given.owners = !options_.owners ||
                 (attributes.uid == uid_ && attributes.gid == gid_ && folder.gives_our_group);
  if (given.owners) given.mode = kFileWhileWriting;
  set_attributes(file.get(), path, attributes, given);
  file.close();
  publish(folder, temporary, name);
  guard.keep();
}

void TreeWriter::add_symlink(const RelPath& path, const std::string& target,
                             const TreeAttributes& attributes) {
  const TreeFolderPtr into = folder(path.parent());
  const int parent = into->fd.get();
  const std::string name(path.name());
  refuse_existing(*into, name);
  const std::string temporary = next_temporary();
  if (::symlinkat(target.c_str(), parent, temporary.c_str()) != 0) {
    throw error_from_errno(errno, concat("write the link ", path.text()));
  }
  Temporary guard(parent, temporary);
  if (options_.owners && ::fchownat(parent, temporary.c_str(), static_cast<uid_t>(attributes.uid),
                                    static_cast<gid_t>(attributes.gid), AT_SYMLINK_NOFOLLOW) != 0) {
    throw error_from_errno(errno, concat("set the owner of ", path.text()));
  }
  const timespec times[2] = {{0, UTIME_OMIT}, to_timespec(attributes.mtime)};
  (void)::utimensat(parent, temporary.c_str(), times, AT_SYMLINK_NOFOLLOW);
  publish(*into, temporary, name);
  guard.keep();
}

void TreeWriter::add_fifo(const RelPath& path, const TreeAttributes& attributes) {
  const TreeFolderPtr into = folder(path.parent());
  const int parent = into->fd.get();
  const std::string name(path.name());
  refuse_existing(*into, name);
  const std::string temporary = next_temporary();
  if (::mkfifoat(parent, temporary.c_str(), kFileWhileWriting) != 0) {
    throw error_from_errno(errno, concat("make the FIFO ", path.text()));
  }
  Temporary guard(parent, temporary);
  // Reading end, and no waiting for a writer: the attributes go to exactly what was made.
  const UniqueFd fifo(
      ::openat(parent, temporary.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  if (!fifo.is_open()) throw error_from_errno(errno, concat("open the FIFO ", path.text()));
  set_attributes(fifo.get(), [&] { return path.text(); }, attributes,
                 {.owners = !options_.owners, .mode = {}});
  publish(*into, temporary, name);
  guard.keep();
}

void TreeWriter::add_hard_link(const RelPath& path, const RelPath& existing) {
  const TreeFolderPtr from = open_directory(existing.parent(), /*make=*/false);
  const TreeFolderPtr into = folder(path.parent());
  const int parent = into->fd.get();
  const std::string name(path.name()), first(existing.name());
  refuse_existing(*into, name);
  const std::string temporary = next_temporary();
  if (::linkat(from->fd.get(), first.c_str(), parent, temporary.c_str(), 0) != 0) {
    throw error_from_errno(errno, concat("link ", path.text(), " to ", existing.text()));
  }
  Temporary guard(parent, temporary);
  publish(*into, temporary, name);
  guard.keep();
  // rename() of a name onto another name of the same file does nothing and leaves the old one.
  (void)::unlinkat(parent, temporary.c_str(), 0);
}

void TreeWriter::finish() {
  for (auto directory = directories_.rbegin(); directory != directories_.rend(); ++directory) {
    const TreeFolderPtr opened = open_directory(directory->path, /*make=*/false);
    set_attributes(opened->fd.get(), [&] { return directory->path.text(); }, directory->attributes,
                   {.owners = !options_.owners, .mode = {}});
  }
}

}  // namespace backshelf
