#include "engine/home/sqlite_locks.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "engine/base/error.h"

namespace backshelf {
namespace {

struct flock lock_of(short type, LockRange range) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = range.start;
  lock.l_len = range.bytes;
  return lock;
}

}  // namespace

std::optional<ReadLock> ReadLock::try_take(const UniqueFd& file, LockRange range) {
  struct flock lock = lock_of(F_RDLCK, range);
  if (::fcntl(file.get(), F_OFD_SETLK, &lock) == 0) return ReadLock(file.get(), range);
  if (errno == EAGAIN || errno == EACCES) return std::nullopt;
  throw error_from_errno(errno, "locking a database for reading");
}

ReadLock& ReadLock::operator=(ReadLock&& other) noexcept {
  if (this == &other) return *this;
  release();
  file_ = std::exchange(other.file_, -1);
  range_ = other.range_;
  return *this;
}

void ReadLock::release() noexcept {
  if (file_ < 0) return;
  struct flock lock = lock_of(F_UNLCK, range_);
  (void)::fcntl(file_, F_OFD_SETLK, &lock);
  file_ = -1;
}

std::optional<ReadLock> try_lock_shared(const UniqueFd& database) {
  // As SQLite: a writer that waits for the readers to go keeps new ones out by this lock.
  const std::optional<ReadLock> pending = ReadLock::try_take(database, kPendingLock);
  if (!pending) return std::nullopt;
  return ReadLock::try_take(database, kSharedLock);
}

bool is_locked(const UniqueFd& file, LockRange range) {
  struct flock lock = lock_of(F_WRLCK, range);  // what would be in its way is any lock
  if (::fcntl(file.get(), F_OFD_GETLK, &lock) != 0) {
    throw error_from_errno(errno, "looking at a database's locks");
  }
  return lock.l_type != F_UNLCK;
}

bool Patience::wait() {
  constexpr std::chrono::milliseconds kLongestStep{20};
  if (left_.count() <= 0) return false;
  // SQLite's own programs do the same: a wait for a file lock has no time limit, and no lock at all
  // tells when a log is at rest.
  std::this_thread::sleep_for(step_);
  left_ -= step_;
  step_ = std::min(step_ * 2, kLongestStep);
  return true;
}

}  // namespace backshelf
