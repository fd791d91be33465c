#include "engine/disk/staged_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "engine/disk/publish.h"

namespace backshelf {
namespace {

// A cleaner may remove the new file between its making and its locking; twice is bad luck already.
constexpr int kOpenAttempts = 5;

// As much is written at once; small enough that the last piece costs no time worth naming.
constexpr std::uint64_t kSyncPiece = 8 * kMiB;

bool is_full(int number) {
  return number == ENOSPC || number == EDQUOT;
}

}  // namespace

StagedFile::StagedFile(Options options)
    : options_(std::move(options)),
      temporary_path_(concat(options_.directory, "/", options_.temporary_name)),
      directory_fd_(::open(options_.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (!directory_fd_.is_open()) {
    throw error_from_errno(errno, concat("opening ", options_.directory));
  }
  for (int attempt = 0; attempt < kOpenAttempts; ++attempt) {
    open_temporary();
    // Waits only for a cleaner that is about to remove it.
    while (::flock(fd_.get(), LOCK_EX) != 0 && errno == EINTR) {
    }
    struct stat found {};
    if (::fstat(fd_.get(), &found) == 0 && found.st_nlink > 0) return;
  }
  throw Error(ErrorKind::kBusy, concat("making a file in ", options_.directory),
              "another process removes it again and again");
}

void StagedFile::open_temporary() {
  constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
  for (;;) {
    const char* const name = options_.temporary_name.c_str();
    fd_ = UniqueFd(::openat(directory_fd_.get(), name, kFlags, options_.mode));
    if (fd_.is_open()) return;
    const int number = errno;
    if (number == EINTR || made_room(number)) continue;
    throw error_from_errno(number, concat("making a file in ", options_.directory));
  }
}

StagedFile::~StagedFile() {
  discard();
}

void StagedFile::discard() noexcept {
  if (done_.exchange(true) || !fd_.is_open()) return;
  (void)::unlinkat(directory_fd_.get(), options_.temporary_name.c_str(), 0);
}

bool StagedFile::made_room(int number) const {
  return is_full(number) && options_.make_room && options_.make_room();
}

void StagedFile::fail(int number, const std::string& what) {
  const Error error = error_from_errno(number, what);
  failure_.with([&](std::optional<Error>& failure) {
    if (!failure) failure = error;
  });
  throw error;
}

void StagedFile::check_usable() const {
  failure_.with([](const std::optional<Error>& failure) {
    if (failure) throw Error(*failure);
  });
  if (done_) throw Error(ErrorKind::kInternal, temporary_path_, "used after its end");
}

void StagedFile::write_at(std::uint64_t offset, ByteView bytes) {
  check_usable();
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0) {
      const int number = errno;
      if (number == EINTR || made_room(number)) continue;
      fail(number, concat("writing ", temporary_path_));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  begin_sync(offset);
}

// The disk works while the rest is made, so that commit() finds most of it there. A hint: what
// fails here fails again, and is told, when commit() syncs.
void StagedFile::begin_sync(std::uint64_t end) noexcept {
  std::uint64_t from = sync_begun_.load(std::memory_order_relaxed);
  if (end < from + kSyncPiece) return;
  if (!sync_begun_.compare_exchange_strong(from, end, std::memory_order_relaxed)) return;
  (void)::sync_file_range(fd_.get(), static_cast<off_t>(from), static_cast<off_t>(end - from),
                          SYNC_FILE_RANGE_WRITE);
}

void StagedFile::truncate(std::uint64_t size) {
  if (size == 0) failure_.with([](std::optional<Error>& failure) { failure.reset(); });
  check_usable();
  while (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) {
    const int number = errno;
    if (number == EINTR || made_room(number)) continue;
    fail(number, concat("truncating ", temporary_path_));
  }
}

std::size_t StagedFile::read_at(std::uint64_t offset, ByteSpan out) const {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const ssize_t got = ::pread(fd_.get(), out.data() + filled, out.size() - filled,
                                static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw error_from_errno(errno, concat("reading ", temporary_path_));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

std::uint64_t StagedFile::size() const {
  struct stat found {};
  if (::fstat(fd_.get(), &found) != 0) {
    throw error_from_errno(errno, concat("looking at ", temporary_path_));
  }
  return static_cast<std::uint64_t>(found.st_size);
}

void StagedFile::set_mtime(Timestamp mtime) {
  check_usable();
  const struct timespec times[2] = {{0, UTIME_OMIT}, {mtime.seconds, mtime.nanoseconds}};
  if (::futimens(fd_.get(), times) != 0) {
    throw error_from_errno(errno, concat("setting the time of ", temporary_path_));
  }
}

std::shared_ptr<const RandomSource> StagedFile::source() const {
  UniqueFd copy(::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0));
  if (!copy.is_open()) throw error_from_errno(errno, concat("reading ", temporary_path_));
  return std::make_shared<FileSource>(std::move(copy), temporary_path_);
}

struct stat StagedFile::commit(const std::string& name) {
  // Whatever throws below leaves nothing: the temporary file goes with `guard`.
  struct Guard {
    StagedFile& file;
    ~Guard() { file.discard(); }
  } guard{*this};
  check_usable();
  const std::string target = concat(options_.directory, "/", name);
  if (::fsync(fd_.get()) != 0) {
    const int number = errno;
    // The kernel may have dropped what it could not write, so another fsync that succeeds proves
    // nothing. Room is made for the next attempt, and this one fails.
    (void)made_room(number);
    fail(number, concat("syncing ", target));
  }
  const int directory = directory_fd_.get();
  int number = publish(directory, options_.temporary_name, name);
  while (made_room(number)) number = publish(directory, options_.temporary_name, name);
  if (number != 0) fail(number, concat("giving ", target, " its name"));
  done_ = true;
  number = sync_open_directory(directory);
  struct stat found {};
  if (number == 0 && ::fstat(fd_.get(), &found) != 0) number = errno;
  if (number != 0) {
    (void)::unlinkat(directory, name.c_str(), 0);
    fail(number, concat("syncing ", options_.directory));
  }
  return found;
}

}  // namespace backshelf
