#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <random>

#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "engine/disk/publish.h"

namespace backshelf {
namespace {

constexpr int kNameAttempts = 10;  // two equal random names are bad luck, ten are none

std::string random_token() {
  std::random_device device;
  ByteVec bytes(sizeof(std::uint64_t));
  store_be64(bytes, std::uint64_t{device()} << 32 | device());
  return to_hex(bytes);
}

// A process id would not do: in a container every run has the same one, and what a crash left
// would be in the way of every later write.
AtomicFile make_temporary(const std::string& directory, const std::string& name, mode_t mode) {
  for (int attempt = 1;; ++attempt) {
    try {
      return AtomicFile(directory, concat(".", name, ".", random_token(), ".tmp"), mode);
    } catch (const Error& error) {  // guard: another name may be free
      if (error.kind() != ErrorKind::kExists || attempt == kNameAttempts) throw;
    }
  }
}

void write_all_at(int fd, ByteView bytes, std::uint64_t offset, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0) {
      if (errno == EINTR) continue;
      throw error_from_errno(errno, concat("writing ", path));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
}

}  // namespace

AtomicFile::AtomicFile(std::string directory, std::string temporary_name, mode_t mode)
    : directory_(std::move(directory)), temporary_(concat(directory_, "/", temporary_name)) {
  fd_ = UniqueFd(
      ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd_.is_open()) throw error_from_errno(errno, concat("making a file in ", directory_));
  // Held while the writer lives, so that another process can tell a leftover from work in progress.
  (void)::flock(fd_.get(), LOCK_EX | LOCK_NB);
}

AtomicFile::~AtomicFile() {
  if (!done_ && fd_.is_open()) (void)::unlink(temporary_.c_str());
}

void AtomicFile::write(ByteView bytes) {
  write_all_at(fd_.get(), bytes, written_, temporary_);
  written_ += bytes.size();
}

void AtomicFile::patch(std::uint64_t offset, ByteView bytes) {
  write_all_at(fd_.get(), bytes, offset, temporary_);
}

void AtomicFile::commit(const std::string& name, Existing existing) {
  const std::string target = concat(directory_, "/", name);
  if (::fsync(fd_.get()) != 0) throw error_from_errno(errno, concat("syncing ", target));
  const int number = existing == Existing::kKeep ? publish(AT_FDCWD, temporary_, target)
                     : ::rename(temporary_.c_str(), target.c_str()) == 0 ? 0
                                                                         : errno;
  if (number != 0) throw error_from_errno(number, concat("giving ", target, " its name"));
  done_ = true;
  sync_directory(directory_);
  fd_.close();
}

void write_file(const std::string& path, ByteView bytes, mode_t mode,
                AtomicFile::Existing existing) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::string name = path.substr(slash == std::string::npos ? 0 : slash + 1);
  AtomicFile file = make_temporary(directory, name, mode);
  file.write(bytes);
  file.commit(name, existing);
}

std::optional<FileLock> FileLock::try_take(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.is_open()) throw error_from_errno(errno, concat("opening the lock ", path));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    throw error_from_errno(errno, concat("locking ", path));
  }
  return FileLock(std::move(fd));
}

}  // namespace backshelf
