#include "engine/disk/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "engine/base/c_handle.h"
#include "engine/base/error.h"
#include "engine/disk/staged_file.h"

namespace backshelf {
namespace {

std::size_t read_some_at(int fd, ByteSpan out, std::uint64_t offset, const std::string& path) {
  for (;;) {
    const ssize_t got = ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) throw error_from_errno(errno, concat("reading ", path));
  }
}

}  // namespace

FileSource::FileSource(const std::string& path)
    : FileSource(UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)), path) {}

std::shared_ptr<const FileSource> FileSource::open_no_link(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  return std::make_shared<FileSource>(std::move(fd), path);
}

FileSource::FileSource(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {
  if (!fd_.is_open()) throw error_from_errno(errno, concat("opening ", path_));
  const struct stat found = status();
  if (!S_ISREG(found.st_mode)) {
    throw Error(ErrorKind::kInvalid, concat("opening ", path_), "it is no regular file");
  }
  size_ = static_cast<std::uint64_t>(found.st_size);
}

std::size_t FileSource::read_at(std::uint64_t offset, ByteSpan out) const {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const std::size_t got = read_some_at(fd_.get(), out.subspan(filled), offset + filled, path_);
    if (got == 0) break;
    filled += got;
  }
  return filled;
}

struct stat FileSource::status() const {
  struct stat found {};
  if (::fstat(fd_.get(), &found) != 0) throw error_from_errno(errno, concat("looking at ", path_));
  return found;
}

ByteVec read_file(const std::string& path, std::size_t limit) {
  const FileSource file(path);
  if (file.size() > limit) {
    throw Error(ErrorKind::kInvalid, concat("reading ", path),
                concat("it has ", file.size(), " bytes, more than the ", limit, " it may have"));
  }
  ByteVec bytes(static_cast<std::size_t>(file.size()));
  bytes.resize(file.read_at(0, bytes));
  return bytes;
}

std::optional<ByteVec> find_file(const std::string& path, std::size_t limit) {
  if (!find_status(path)) return std::nullopt;
  return read_file(path, limit);
}

std::vector<DirectoryEntry> list_directory(const std::string& path) {
  const CHandle<DIR, closedir> directory(::opendir(path.c_str()));
  if (!directory) throw error_from_errno(errno, concat("listing ", path));
  std::vector<DirectoryEntry> entries;
  for (;;) {
    errno = 0;
    const dirent* const found = ::readdir(directory.get());
    if (found == nullptr) {
      if (errno != 0) throw error_from_errno(errno, concat("listing ", path));
      return entries;
    }
    DirectoryEntry entry;
    entry.name = found->d_name;
    if (entry.name == "." || entry.name == "..") continue;
    if (::fstatat(dirfd(directory.get()), found->d_name, &entry.status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) continue;  // went away between readdir and here
      throw error_from_errno(errno, concat("looking at ", path, "/", entry.name));
    }
    entries.push_back(std::move(entry));
  }
}

std::optional<struct stat> find_status(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) return found;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw error_from_errno(errno, concat("looking at ", path));
}

Timestamp mtime_of(const struct stat& status) {
  return {status.st_mtim.tv_sec, static_cast<std::uint32_t>(status.st_mtim.tv_nsec)};
}

void make_directories(const std::string& path, mode_t mode) {
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (::mkdir(part.c_str(), mode) != 0 && errno != EEXIST) {
      throw error_from_errno(errno, concat("making the directory ", part));
    }
    if (slash == std::string::npos) return;
  }
}

void rename_no_replace(const std::string& from, const std::string& to) {
  if (!rename_if_free(from, to)) {
    throw error_from_errno(EEXIST, concat("renaming ", from, " to ", to));
  }
}

void remove_file(const std::string& path) {
  if (!remove_file_if_present(path)) throw error_from_errno(ENOENT, concat("removing ", path));
}

bool remove_file_if_present(const std::string& path) {
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return false;
    throw error_from_errno(errno, concat("removing ", path));
  }
  sync_directory(path.substr(0, path.rfind('/') + 1));
  return true;
}

void touch_file(const std::string& path) {
  if (::utimensat(AT_FDCWD, path.c_str(), nullptr, AT_SYMLINK_NOFOLLOW) != 0) {
    throw error_from_errno(errno, concat("touching ", path));
  }
}

void sync_directory(const std::string& path) {
  const std::string directory = path.empty() ? "." : path;
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open()) throw error_from_errno(errno, concat("opening ", directory));
  // Some network file systems cannot sync a directory and say EINVAL; they order renames
  // themselves.
  if (::fsync(fd.get()) != 0 && errno != EINVAL) {
    throw error_from_errno(errno, concat("syncing ", directory));
  }
}

DiskSpace disk_space(const std::string& path) {
  struct statvfs found {};
  if (::statvfs(path.c_str(), &found) != 0) {
    throw error_from_errno(errno, concat("asking for the free space of ", path));
  }
  return {std::uint64_t{found.f_bavail} * found.f_frsize,
          std::uint64_t{found.f_blocks} * found.f_frsize};
}

namespace {

// Not open, with errno set, when the kernel refuses.
UniqueFd watch_directory(const std::string& path) {
  constexpr std::uint32_t kEvents = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                    IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_ONLYDIR;
  UniqueFd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd.is_open() || ::inotify_add_watch(fd.get(), path.c_str(), kEvents) >= 0) return fd;
  const int number = errno;
  fd = UniqueFd();
  errno = number;
  return fd;
}

}  // namespace

DirectoryWatch::DirectoryWatch(const std::string& path) : fd_(watch_directory(path)) {
  if (!fd_.is_open()) throw error_from_errno(errno, concat("watching ", path));
}

std::unique_ptr<DirectoryWatch> DirectoryWatch::find(const std::string& path) {
  UniqueFd fd = watch_directory(path);
  if (!fd.is_open()) return nullptr;
  return std::unique_ptr<DirectoryWatch>(new DirectoryWatch(std::move(fd)));
}

void DirectoryWatch::drain() {
  std::array<std::byte, 4096> events{};
  while (::read(fd_.get(), events.data(), events.size()) > 0) {
  }
}

}  // namespace backshelf
