#include "engine/disk/tree_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/base/error.h"
#include "engine/disk/publish.h"

namespace backshelf {
namespace {

constexpr std::uint32_t kPlainModeBits = 0777;  // without setuid, setgid, sticky
constexpr mode_t kWhileWriting = 0700;

std::string name_of_path(const RelPath& path) {
  return std::string(path.name());
}

bool is_all_zero(ByteView bytes) {
  return bytes.front() == std::byte{0} &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

// Writes to a descriptor of an empty file that it does not own. Whole blocks of zeros become holes:
// a sparse file of a backup may be larger than the disk.
class FdSink final : public Sink {
 public:
  FdSink(int fd, const RelPath& path) : fd_(fd), path_(path) {}
  void write(ByteView bytes) override {
    while (!bytes.empty()) {
      const ByteView block = bytes.first(std::min(bytes.size(), kHoleBlock));
      if (block.size() == kHoleBlock && is_all_zero(block)) {
        offset_ += static_cast<off_t>(block.size());
      } else {
        write_out(block);
      }
      bytes = bytes.subspan(block.size());
    }
  }
  // After the last write, exactly once: the size, which a hole at the end does not give.
  void finish() {
    if (::ftruncate(fd_, offset_) != 0) {
      throw error_from_errno(errno, concat("write ", path_.text()));
    }
  }

 private:
  static constexpr std::size_t kHoleBlock = 64 * kKiB;

  void write_out(ByteView bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::pwrite(fd_, bytes.data(), bytes.size(), offset_);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw error_from_errno(errno, concat("write ", path_.text()));
      offset_ += count;
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

  int fd_;
  const RelPath& path_;
  off_t offset_ = 0;
};

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

// Owner before mode, because a change of owner may clear mode bits; times last.
void set_attributes(int fd, const RelPath& path, const TreeAttributes& attributes, bool owners) {
  if (owners &&
      ::fchown(fd, static_cast<uid_t>(attributes.uid), static_cast<gid_t>(attributes.gid)) != 0) {
    throw error_from_errno(errno, concat("set the owner of ", path.text()));
  }
  if (::fchmod(fd, attributes.mode & kPlainModeBits) != 0) {
    throw error_from_errno(errno, concat("set the mode of ", path.text()));
  }
  const timespec times[2] = {{0, UTIME_OMIT}, to_timespec(attributes.mtime)};
  if (::futimens(fd, times) != 0) {
    throw error_from_errno(errno, concat("set the time of ", path.text()));
  }
}

Error exists_error(const RelPath& path) {
  return Error(ErrorKind::kExists, concat("write ", path.text()), "it is already there",
               "--overwrite replaces files");
}

Error not_a_directory(std::string_view path) {
  return Error(ErrorKind::kExists, concat("write below ", path),
               "something that is no directory is in the way", "choose an empty folder");
}

}  // namespace

TreeWriter::TreeWriter(const std::string& root, Options options)
    : options_(options), root_name_(root) {
  if (::mkdir(root.c_str(), 0755) != 0 && errno != EEXIST) {
    throw error_from_errno(errno, concat("make the folder ", root));
  }
  root_ = UniqueFd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root_.is_open()) throw error_from_errno(errno, concat("open the folder ", root));
}

UniqueFd TreeWriter::open_directory(const RelPath& path, bool make) {
  UniqueFd current(::fcntl(root_.get(), F_DUPFD_CLOEXEC, 0));
  if (!current.is_open()) throw error_from_errno(errno, concat("open ", root_name_));
  for (const std::string_view part : path.components()) {
    const std::string name(part);
    if (make && ::mkdirat(current.get(), name.c_str(), kWhileWriting) != 0 && errno != EEXIST) {
      throw error_from_errno(errno, concat("make the folder ", path.text()));
    }
    UniqueFd next(
        ::openat(current.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next.is_open() && (errno == ELOOP || errno == ENOTDIR)) throw not_a_directory(path.text());
    if (!next.is_open()) throw error_from_errno(errno, concat("open the folder ", path.text()));
    current = std::move(next);
  }
  return current;
}

int TreeWriter::parent_of(const RelPath& path) {
  const RelPath wanted = path.parent();
  if (!parent_known_ || wanted != parent_path_) {
    parent_known_ = false;
    parent_ = open_directory(wanted, /*make=*/true);
    parent_path_ = wanted;
    parent_known_ = true;
  }
  return parent_.get();
}

std::string TreeWriter::next_temporary() {
  return concat(".backshelf-extract-", ::getpid(), "-", ++temporaries_);
}

// Asked before the content is decoded; publish() asks again, in one step with the rename.
void TreeWriter::refuse_existing(int parent, const RelPath& path) const {
  struct stat status {};
  if (::fstatat(parent, name_of_path(path).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return;
  if (!options_.overwrite || S_ISDIR(status.st_mode)) throw exists_error(path);
}

void TreeWriter::publish(int parent, const std::string& temporary, const RelPath& path) {
  const std::string name = name_of_path(path);
  int number = 0;
  if (!options_.overwrite) {
    number = backshelf::publish(parent, temporary, name);
  } else if (::renameat(parent, temporary.c_str(), parent, name.c_str()) != 0) {
    number = errno;
  }
  if (number == EEXIST && !options_.overwrite) throw exists_error(path);
  if (number != 0) throw error_from_errno(number, concat("write ", path.text()));
}

void TreeWriter::add_directory(const RelPath& path, const TreeAttributes& attributes) {
  (void)open_directory(path, /*make=*/true);
  if (!path.is_root()) directories_.push_back({path, attributes});
}

void TreeWriter::add_file(const RelPath& path, const TreeAttributes& attributes,
                          const std::function<void(Sink&)>& fill) {
  const int parent = parent_of(path);
  refuse_existing(parent, path);
  const std::string temporary = next_temporary();
  UniqueFd file(::openat(parent, temporary.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.is_open()) throw error_from_errno(errno, concat("write ", path.text()));
  Temporary guard(parent, temporary);
  FdSink sink(file.get(), path);
  fill(sink);
  sink.finish();
  set_attributes(file.get(), path, attributes, options_.owners);
  file.close();
  publish(parent, temporary, path);
  guard.keep();
}

void TreeWriter::add_symlink(const RelPath& path, const std::string& target,
                             const TreeAttributes& attributes) {
  const int parent = parent_of(path);
  refuse_existing(parent, path);
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
  publish(parent, temporary, path);
  guard.keep();
}

void TreeWriter::add_fifo(const RelPath& path, const TreeAttributes& attributes) {
  const int parent = parent_of(path);
  refuse_existing(parent, path);
  const std::string temporary = next_temporary();
  if (::mkfifoat(parent, temporary.c_str(), 0600) != 0) {
    throw error_from_errno(errno, concat("make the FIFO ", path.text()));
  }
  Temporary guard(parent, temporary);
  // Reading end, and no waiting for a writer: the attributes go to exactly what was made.
  const UniqueFd fifo(
      ::openat(parent, temporary.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  if (!fifo.is_open()) throw error_from_errno(errno, concat("open the FIFO ", path.text()));
  set_attributes(fifo.get(), path, attributes, options_.owners);
  publish(parent, temporary, path);
  guard.keep();
}

void TreeWriter::add_hard_link(const RelPath& path, const RelPath& existing) {
  const UniqueFd source = open_directory(existing.parent(), /*make=*/false);
  const int parent = parent_of(path);
  refuse_existing(parent, path);
  const std::string temporary = next_temporary();
  if (::linkat(source.get(), name_of_path(existing).c_str(), parent, temporary.c_str(), 0) != 0) {
    throw error_from_errno(errno, concat("link ", path.text(), " to ", existing.text()));
  }
  Temporary guard(parent, temporary);
  publish(parent, temporary, path);
  guard.keep();
  // rename() of a name onto another name of the same file does nothing and leaves the old one.
  (void)::unlinkat(parent, temporary.c_str(), 0);
}

void TreeWriter::finish() {
  for (auto directory = directories_.rbegin(); directory != directories_.rend(); ++directory) {
    const UniqueFd fd = open_directory(directory->path, /*make=*/false);
    set_attributes(fd.get(), directory->path, directory->attributes, options_.owners);
  }
}

}  // namespace backshelf
