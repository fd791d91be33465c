#include "engine/home/sqlite_log_index.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "engine/base/error.h"

namespace backshelf {
namespace {

// Reads rather than maps it: a file that is cut short meanwhile then is no SIGBUS.
bool read_index(const UniqueFd& index, std::size_t at, ByteSpan out) {
  const ssize_t got = ::pread(index.get(), out.data(), out.size(), static_cast<off_t>(at));
  if (got < 0) throw error_from_errno(errno, "reading the index of a database's log");
  return static_cast<std::size_t>(got) == out.size();
}

bool is_same_commit(const LogIndexHeader& a, const LogIndexHeader& b) {
  return a.frames == b.frames && a.salts == b.salts && a.database_pages == b.database_pages &&
         a.page_bytes == b.page_bytes;
}

std::optional<LogIndexHeader> read_header(const UniqueFd& index) {
  std::array<std::byte, kLogIndexBytes> bytes{};
  // Writers write the second copy first: what is read the other way round and is equal is whole.
  // The rest comes last, so that it is no older than the header.
  std::size_t at = 0;
  for (const std::size_t part :
       {kLogIndexCopyBytes, kLogIndexCopyBytes, kLogIndexBytes - 2 * kLogIndexCopyBytes}) {
    if (!read_index(index, at, ByteSpan(bytes).subspan(at, part))) return std::nullopt;
    std::atomic_thread_fence(std::memory_order_seq_cst);
    at += part;
  }
  return find_log_index(bytes);
}

}  // namespace

std::optional<LogIndexHeader> LogIndexReader::now() const {
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    if (const auto header = read_header(index_)) return header;
  }
  return std::nullopt;
}

// As SQLite does (walTryBeginRead), except that it contents itself with the marks that are there.
bool LogIndexReader::take_slot() {
  const auto header = read_header(index_);
  if (!header) return false;
  std::size_t slot = 0;
  if (header->backfilled != header->frames) {
    std::uint32_t best = 0;
    for (std::size_t i = 1; i < kReaders; ++i) {
      const std::uint32_t mark = header->marks[i];
      if (mark < best || mark > header->frames) continue;
      best = mark;
      slot = i;
    }
    if (slot == 0) return false;
  }
  slot_ = ReadLock::try_take(index_, reader_lock(slot));
  if (!slot_) return false;
  // Only now nobody can go past the mark; what happened until here is seen in the header.
  const auto again = read_header(index_);
  if (!again || !is_same_commit(*header, *again)) return false;
  if (slot == 0 ? again->backfilled != again->frames : again->marks[slot] != header->marks[slot]) {
    return false;
  }
  at_ = *again;
  return true;
}

LogIndexReader::State LogIndexReader::begin(const DatabaseFiles& files) {
  slot_.reset();
  user_.reset();
  index_ = files.open(kLogIndexSuffix);
  // Without other users its content may be of any time. To join them keeps it valid: who opens the
  // database takes it as it is. To join nobody would make them believe what is not true.
  if (!index_.is_open() || !is_locked(index_, kUsersLock)) return State::kUnused;
  user_ = ReadLock::try_take(index_, kUsersLock);
  if (!user_) return State::kBusy;
  if (!is_locked(index_, kUsersLock)) {
    user_.reset();
    return State::kUnused;
  }
  if (files.is_beside(index_, kLogIndexSuffix) && take_slot()) return State::kReady;
  slot_.reset();
  user_.reset();
  return State::kBusy;
}

void CheckpointStop::look(const DatabaseFiles& files) {
  if (checkpoint_) return;
  index_ = files.open(kLogIndexSuffix);
  if (!index_.is_open() || !is_locked(index_, kUsersLock)) return;
  // Not before it is valid: who makes it so needs the lock.
  if (read_header(index_)) checkpoint_ = ReadLock::try_take(index_, kCheckpointLock);
}

}  // namespace backshelf
