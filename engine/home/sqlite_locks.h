// SQLite's file locks, taken as a reader: they keep the writers of other programs in their bounds
// while a database is read (sqlite.org/lockingv3.html, walformat.html "WAL-Index Locks").
//
// They are locks of the open file (OFD): SQLite's own are lost as soon as any descriptor of the
// file is closed in the same process, which a walk over the home's files would do.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>

#include "engine/base/unique_fd.h"

namespace backshelf {

struct LockRange {
  off_t start = 0, bytes = 1;
};
// In the database.
inline constexpr LockRange kPendingLock{0x40000000, 1};
inline constexpr LockRange kReservedLock{0x40000001, 1};
inline constexpr LockRange kSharedLock{0x40000002, 510};
// In the "-shm". A checkpoint holds the first one. Who uses the shared memory holds the last one.
inline constexpr LockRange kCheckpointLock{121, 1};
[[nodiscard]] constexpr LockRange reader_lock(std::size_t slot) {
  return {static_cast<off_t>(123 + slot), 1};
}
inline constexpr LockRange kUsersLock{128, 1};

// Held while the object lives. One thread at a time.
class ReadLock {
 public:
  // `file` must outlive the lock. nullopt: another holder writes. Throws Error where the file
  // system has no such locks.
  [[nodiscard]] static std::optional<ReadLock> try_take(const UniqueFd& file, LockRange range);
  ReadLock(ReadLock&& other) noexcept
      : file_(std::exchange(other.file_, -1)), range_(other.range_) {}
  ReadLock& operator=(ReadLock&& other) noexcept;
  ~ReadLock() { release(); }
  void release() noexcept;

 private:
  ReadLock(int file, LockRange range) : file_(file), range_(range) {}
  int file_;
  LockRange range_;
};

// SQLite's SHARED lock on a database: no writer changes it until then, except a checkpoint.
// nullopt: one is at it, or waits for its turn.
[[nodiscard]] std::optional<ReadLock> try_lock_shared(const UniqueFd& database);

// Whether anyone else holds a lock there, for reading or for writing. Throws as try_take() does.
[[nodiscard]] bool is_locked(const UniqueFd& file, LockRange range);

// Waits for something in growing steps, up to a limit in sum.
class Patience {
 public:
  explicit Patience(std::chrono::milliseconds limit) : left_(limit) {}
  [[nodiscard]] bool wait();  // false: it is used up

 private:
  std::chrono::milliseconds left_, step_{1};
};

}  // namespace backshelf
