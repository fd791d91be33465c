#include "engine/home/sqlite_hold.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "engine/base/error.h"
#include "engine/home/sqlite_log_index.h"

namespace backshelf {
namespace {

// As long as Python's SQLite waits for a lock.
constexpr std::chrono::milliseconds kPatience{5000};

// A journal that holds a transaction which nobody is at: the database may be half-written.
bool has_hot_journal(const DatabaseFiles& files) {
  const UniqueFd journal = files.open(kJournalSuffix);
  if (!journal.is_open() || is_locked(files.database(), kReservedLock)) return false;
  // Looked at again: its writer may have ended between the two questions.
  UniqueFd left = files.open(kJournalSuffix);
  if (!left.is_open()) return false;
  const FileSource content(std::move(left), "a database's journal");
  std::array<std::byte, 1> first{};
  return content.read_at(0, first) == 1 && first[0] != std::byte{0};
}

// What all kinds have: the SHARED lock, and the file as it was when it was taken.
class SharedHold : public DatabaseHold {
 public:
  SharedHold(std::shared_ptr<const DatabaseFiles> files, ReadLock shared)
      : files_(std::move(files)),
        shared_(std::move(shared)),
        began_(files_->status()),
        size_(static_cast<std::uint64_t>(began_.st_size)) {}

  [[nodiscard]] const DatabaseFiles& files() const override { return *files_; }
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] const LogPages& log() const override { return log_; }
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) override {
    return files_->read_at(offset, out);
  }
  [[nodiscard]] std::size_t read_log(std::uint64_t offset, ByteSpan out) const override {
    return log_file_ ? log_file_->read_at(offset, out) : 0;
  }
  [[nodiscard]] Ending end() override {
    Ending ending;
    if (is_changed()) ending.problem = "it was changed while it was read, though it was locked";
    let_go();
    return ending;
  }

 protected:
  void let_go() { shared_.release(); }
  void set_size(std::uint64_t bytes) { size_ = bytes; }

  [[nodiscard]] bool is_changed() const {
    const struct stat now = files_->status();
    return now.st_size != began_.st_size || mtime_of(now) != mtime_of(began_);
  }

  void open_log() {
    UniqueFd log = files_->open(kLogSuffix);
    if (log.is_open()) log_file_ = std::make_unique<FileSource>(std::move(log), "a database's log");
  }
  // The log's commit decides the size.
  void read_frames(std::optional<std::uint32_t> frames) {
    if (log_file_ != nullptr) log_ = backshelf::read_log(*log_file_, frames);
    if (log_.frames == 0) return;
    if (log_.page_bytes != files_->start().page_bytes) {
      throw Error(ErrorKind::kDamaged, "reading a database's log", "its pages are of another size");
    }
    size_ = std::uint64_t{log_.database_pages} * log_.page_bytes;
  }
  [[nodiscard]] bool is_log_as_before() const {
    if (log_.frames == 0) return true;
    const auto header = log_header();
    return header && header->salts == log_.salts;
  }
  // SQLite would take such a log for an empty one. Nobody has, as long as it is there.
  [[nodiscard]] bool is_log_damaged() const {
    return log_file_ != nullptr && log_file_->size() > 0 && !log_header();
  }

 private:
  [[nodiscard]] std::optional<LogHeader> log_header() const {
    std::array<std::byte, kLogHeaderBytes> bytes{};
    if (log_file_->read_at(0, bytes) < bytes.size()) return std::nullopt;
    return find_log_header(bytes);
  }

  const std::shared_ptr<const DatabaseFiles> files_;
  ReadLock shared_;
  const struct stat began_;
  std::uint64_t size_;
  std::unique_ptr<FileSource> log_file_;
  LogPages log_;
};

// Rollback journal, small: it is let go of before the first byte is handed out.
class MemoryHold final : public SharedHold {
 public:
  MemoryHold(std::shared_ptr<const DatabaseFiles> files, ReadLock shared)
      : SharedHold(std::move(files), std::move(shared)), bytes_(size()) {
    const std::size_t got = SharedHold::read_at(0, bytes_);
    bytes_.resize(got);
    set_size(got);
    ending_ = SharedHold::end();
  }
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) override {
    const std::uint64_t count = std::min<std::uint64_t>(out.size(), bytes_.size() - offset);
    const auto from = bytes_.begin() + static_cast<std::ptrdiff_t>(offset);
    std::copy_n(from, count, out.begin());
    return count;
  }
  [[nodiscard]] Ending end() override {
    bytes_ = {};
    return ending_;
  }

 private:
  ByteVec bytes_;
  Ending ending_;
};

// WAL mode, but nobody has it open. A program that opens it meanwhile cannot be held off without
// locking it out, nor be joined beforehand without creating files: it is looked for with each read,
// long before it makes its first checkpoint, and whether it made one all the same afterwards.
class QuietHold final : public SharedHold {
 public:
  QuietHold(std::shared_ptr<const DatabaseFiles> files, ReadLock shared)
      : SharedHold(std::move(files), std::move(shared)) {
    open_log();
    read_frames(std::nullopt);
    if (!is_log_damaged()) return;
    throw Error(ErrorKind::kDamaged, "reading a database's log", "its log is damaged");
  }
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) override {
    if (checkpoints_) look();
    return SharedHold::read_at(offset, out);
  }
  [[nodiscard]] bool is_still_so() const { return !is_changed() && is_log_as_before(); }
  [[nodiscard]] Ending end() override {
    Ending ending;
    if (!is_still_so()) ending.problem = "a program opened and changed it while it was read";
    checkpoints_.reset();
    let_go();
    return ending;
  }

 private:
  void look() {
    try {
      checkpoints_->look(files());
    } catch (const Error&) {  // isolation: a checkpoint is then seen afterwards, not prevented
      checkpoints_.reset();
    }
  }

  std::optional<CheckpointStop> checkpoints_{std::in_place};
};

// WAL mode, and other programs have it open.
class LiveHold final : public SharedHold {
 public:
  LiveHold(std::shared_ptr<const DatabaseFiles> files, ReadLock shared,
           std::unique_ptr<LogIndexReader> index)
      : SharedHold(std::move(files), std::move(shared)), index_(std::move(index)) {
    const LogIndexHeader& at = index_->at();
    if (index_->is_copied()) {
      if (at.database_pages != 0) set_size(std::uint64_t{at.database_pages} * at.page_bytes);
      return;
    }
    open_log();
    read_frames(at.frames);
    if (log().salts == at.salts && log().database_pages == at.database_pages) return;
    throw Error(ErrorKind::kDamaged, "reading a database's log", "its index is not of this log");
  }

  [[nodiscard]] Ending end() override {
    Ending ending;
    Patience patience(kRestartPatience);
    do {
      const auto now = index_->now();
      if (!now) break;
      ending = compare(*now);
    } while (!ending.problem.empty() && patience.wait());
    if (!is_log_as_before()) ending.problem = kNotHeld;
    index_.reset();
    let_go();
    return ending;
  }

 private:
  // Who starts a log again changes its index in two steps.
  static constexpr std::chrono::milliseconds kRestartPatience{50};
  static constexpr const char* kNotHeld = "its log was started again while it was read";

  // What the locks promise, asked for: on a file system that has them in name only they do not
  // hold.
  [[nodiscard]] Ending compare(const LogIndexHeader& now) const {
    const LogIndexHeader& at = index_->at();
    const bool is_same_log = now.salts == at.salts;
    const std::uint32_t most = !is_same_log ? 0 : at.frames;
    Ending ending;
    if (now.backfilled > most || (!is_same_log && !index_->is_copied())) ending.problem = kNotHeld;
    const std::uint32_t before = is_same_log ? at.frames : 0;
    const std::uint64_t more = now.frames > before ? now.frames - before : 0;
    ending.log_growth_bytes = more * (kFrameHeaderBytes + std::uint64_t{now.page_bytes});
    return ending;
  }

  std::unique_ptr<LogIndexReader> index_;
};

using Held = std::unique_ptr<DatabaseHold>;

// One try; null: `why` says what was in the way.
Held try_hold(const std::shared_ptr<const DatabaseFiles>& files, std::uint64_t memory_bytes,
              const char*& why) {
  auto shared = try_lock_shared(files->database());
  why = "another program keeps it locked";
  if (!shared) return nullptr;
  why = "a transaction in it was broken off, its journal is stored beside it";
  if (has_hot_journal(*files)) return nullptr;
  const auto log = files->look_at(kLogSuffix);
  const bool has_log = files->start().has_log || (log && log->st_size > 0);
  if (!has_log && static_cast<std::uint64_t>(files->status().st_size) <= memory_bytes) {
    return std::make_unique<MemoryHold>(files, std::move(*shared));
  }
  if (!has_log) return std::make_unique<SharedHold>(files, std::move(*shared));
  auto index = std::make_unique<LogIndexReader>();
  why = "it is never at rest";
  switch (index->begin(*files)) {
    case LogIndexReader::State::kBusy:
      return nullptr;
    case LogIndexReader::State::kReady:
      return std::make_unique<LiveHold>(files, std::move(*shared), std::move(index));
    case LogIndexReader::State::kUnused:
      break;
  }
  why = "a program uses it under another name, or with a log of its own";
  if (is_locked(files->database(), kSharedLock)) return nullptr;
  auto quiet = std::make_unique<QuietHold>(files, std::move(*shared));
  why = "it is never at rest";
  return quiet->is_still_so() ? std::move(quiet) : nullptr;
}

}  // namespace

std::unique_ptr<DatabaseHold> hold_database(const UniqueFd& database, std::uint64_t memory_bytes) {
  const auto files = std::make_shared<const DatabaseFiles>(database);
  Patience patience(kPatience);
  const char* why = nullptr;
  do {
    if (Held held = try_hold(files, memory_bytes, why)) return held;
  } while (patience.wait());
  throw Error(ErrorKind::kBusy, "reading a database", why);
}

}  // namespace backshelf
