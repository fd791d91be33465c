#include <grp.h>
#include <pwd.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <limits>
#include <map>
#include <set>
#include <unordered_set>
#include <utility>

#include "engine/base/error.h"
#include "engine/disk/file_stream.h"
#include "engine/home/home.h"
#include "engine/home/part_walk.h"
#include "engine/home/sqlite_body.h"
#include "engine/home/sqlite_files.h"

namespace backshelf {
namespace {

using FileId = std::pair<dev_t, ino_t>;

FileId id_of(const struct stat& status) {
  return {status.st_dev, status.st_ino};
}

// Names of owners, asked for once each: the question may go over the network.
class OwnerNames {
 public:
  const std::string& user(uid_t uid) {
    if (user_ == nullptr || uid != user_->first) user_ = &find_user(uid);
    return user_->second;
  }
  const std::string& group(gid_t gid) {
    if (group_ == nullptr || gid != group_->first) group_ = &find_group(gid);
    return group_->second;
  }

 private:
  using Names = std::map<id_t, std::string>;

  const Names::value_type& find_user(uid_t uid) {
    const auto [name, is_new] = users_.try_emplace(uid);
    passwd record{};
    passwd* found = nullptr;
    if (is_new && ::getpwuid_r(uid, &record, buffer_.data(), buffer_.size(), &found) == 0 &&
        found != nullptr) {
      name->second = found->pw_name;
    }
    return *name;
  }
  const Names::value_type& find_group(gid_t gid) {
    const auto [name, is_new] = groups_.try_emplace(gid);
    ::group record{};
    ::group* found = nullptr;
    if (is_new && ::getgrgid_r(gid, &record, buffer_.data(), buffer_.size(), &found) == 0 &&
        found != nullptr) {
      name->second = found->gr_name;
    }
    return *name;
  }

  Names users_, groups_;
  const Names::value_type* user_ = nullptr;  // of the last entry: mostly of the next one too
  const Names::value_type* group_ = nullptr;
  std::array<char, 16384> buffer_{};
};

EntryType type_of(mode_t mode) {
  if (S_ISDIR(mode)) return EntryType::kDirectory;
  if (S_ISLNK(mode)) return EntryType::kSymlink;
  if (S_ISFIFO(mode)) return EntryType::kFifo;
  if (S_ISCHR(mode)) return EntryType::kCharDevice;
  if (S_ISBLK(mode)) return EntryType::kBlockDevice;
  return EntryType::kFile;
}

// `path` without the ending of a file that SQLite keeps beside a database; empty: it has none.
std::string_view database_of(std::string_view path) {
  for (const std::string_view end : {kLogSuffix, kLogIndexSuffix, kJournalSuffix}) {
    if (path.ends_with(end)) return path.substr(0, path.size() - end.size());
  }
  return {};
}

// Databases may write to mapped memory, which moves no time at once.
bool is_database_file(const FileStream& file, std::string_view path) {
  if (!database_of(path).empty()) return true;
  constexpr std::string_view kSqlite = "SQLite format 3";
  std::array<std::byte, kSqlite.size()> start{};
  return file.peek(start) < start.size() || as_text(start) == kSqlite;
}

bool is_database(const UniqueFd& file, const struct stat& status) {
  constexpr off_t kSmallest = 512;  // one page
  if (status.st_size < kSmallest) return false;
  std::array<std::byte, kDatabaseStartBytes> start{};
  return ::pread(file.get(), start.data(), start.size(), 0) == kDatabaseStartBytes &&
         is_sqlite(start);
}

class HomeBody final : public BodySource {
 public:
  HomeBody(UniqueFd file, const struct stat& status, std::string_view shown, bool stats)
      : file_(std::move(file), status, shown), stats_(stats), shown_(shown) {}

  [[nodiscard]] std::size_t read(ByteSpan out) override { return file_.read(out); }

  [[nodiscard]] std::optional<FileStat> stat() const override {
    constexpr off_t kLeastBytes = 64 * 1024;  // what is smaller is read in any case
    const struct stat& status = file_.status();
    if (!stats_ || status.st_size < kLeastBytes || is_database_file(file_, shown_)) {
      return std::nullopt;
    }
    constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
    constexpr std::int64_t kMostSeconds =
        std::numeric_limits<std::int64_t>::max() / kNanosPerSecond;
    const std::int64_t seconds = status.st_ctim.tv_sec;
    if (seconds < 0 || seconds >= kMostSeconds) return std::nullopt;
    return FileStat{seconds * kNanosPerSecond + status.st_ctim.tv_nsec, status.st_ino,
                    status.st_dev};
  }

 private:
  FileStream file_;
  const bool stats_;
  const std::string_view shown_;
};

class HomeSource final : public EntrySource {
 public:
  HomeSource(HomeLayout layout, const HomeSourceOptions& options)
      : layout_(std::move(layout)),
        walk_(options),
        stats_(options.stats),
        log_(options.log != nullptr ? *options.log : null_log()) {}

  void for_each(const std::string& part, const Visit& visit) override {
    const HomePart* const found = layout_.find(part);
    if (found == nullptr) {
      throw Error(ErrorKind::kNotFound, concat("the part ", part), "this home does not have it");
    }
    Linked linked;
    databases_.clear();
    const auto skip = [this](Skipped skipped) {
      if (!is_in_database(skipped.path)) skipped_.push_back(std::move(skipped));
    };
    const auto store = [&](const FoundEntry& entry) { this->store(entry, linked, visit); };
    walk_.run(*found, /*open_files=*/true, {store, skip});
  }

  [[nodiscard]] std::vector<Skipped> skipped() const override { return skipped_; }

 private:
  struct FirstName {
    std::string tar_path;
    struct stat status {};
  };
  using Linked = std::map<FileId, FirstName>;  // files that have several names

  // A number that was given anew to another file while the backup runs is not the same file.
  static bool is_same_file(const struct stat& a, const struct stat& b) {
    return a.st_nlink > 1 && a.st_size == b.st_size && mtime_of(a) == mtime_of(b);
  }

  void store(const FoundEntry& found, Linked& linked, const Visit& visit) {
    const struct stat& status = found.status;
    if (S_ISREG(status.st_mode) && is_in_database(found.shown)) return;
    describe(found);
    if (!S_ISREG(status.st_mode)) return visit(entry_, nullptr);
    if (status.st_nlink > 1) {
      FirstName& first = linked[id_of(status)];
      if (!first.tar_path.empty() && is_same_file(status, first.status)) {
        entry_.type = EntryType::kHardlink;
        entry_.link_target = first.tar_path;
        entry_.size = 0;
        return visit(entry_, nullptr);
      }
      first = {entry_.path, status};
    }
    if (is_database(found.file, status) && store_database(found, visit)) return;
    HomeBody body(std::move(found.file), status, found.shown, stats_);
    visit(entry_, &body);
  }

  // Part of a database that was stored with all that belongs to it.
  [[nodiscard]] bool is_in_database(std::string_view shown) const {
    if (databases_.empty()) return false;
    const std::string_view database = database_of(shown);
    return !database.empty() && databases_.contains(std::string(database));
  }

  // False: it cannot be held still, and is to be stored as it lies.
  [[nodiscard]] bool store_database(const FoundEntry& found, const Visit& visit) {
    std::unique_ptr<DatabaseBody> body;
    try {
      body = open_database(found.file);
    } catch (const Error& error) {  // isolation: one source file
      skipped_.push_back({std::string(found.shown), concat("stored as it lay; ", error.why())});
      return false;
    }
    entry_.size = body->size();
    databases_.emplace(found.shown);
    visit(entry_, body.get());
    if (!body->problem().empty()) {
      skipped_.push_back({std::string(found.shown), body->problem()});
    }
    if (body->log_growth_bytes() > 0) {
      log_.info(concat(found.shown, ": its log grew by ", body->log_growth_bytes(),
                       " bytes while it was stored as of one moment"));
    }
    return true;
  }

  void describe(const FoundEntry& found) {
    const struct stat& status = found.status;
    entry_.type = type_of(status.st_mode);
    entry_.path = found.tar_path;
    entry_.link_target = found.link_target;
    entry_.mode = status.st_mode & 07777;
    entry_.uid = status.st_uid;
    entry_.gid = status.st_gid;
    entry_.user_name = names_.user(status.st_uid);
    entry_.group_name = names_.group(status.st_gid);
    entry_.mtime = mtime_of(status);
    const bool is_file = entry_.type == EntryType::kFile;
    entry_.size = is_file ? static_cast<std::uint64_t>(status.st_size) : 0;
    const bool is_device = S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode);
    entry_.device_major = is_device ? major(status.st_rdev) : 0;
    entry_.device_minor = is_device ? minor(status.st_rdev) : 0;
  }

  const HomeLayout layout_;
  const PartWalk walk_;
  const bool stats_;
  Log& log_;
  OwnerNames names_;
  std::unordered_set<std::string> databases_;  // of this part, stored as of one moment, as shown
  std::vector<Skipped> skipped_;
  Entry entry_;  // used again for each one: its texts keep their memory
};

}  // namespace

std::unique_ptr<EntrySource> make_home_source(HomeLayout layout, HomeSourceOptions options) {
  return std::make_unique<HomeSource>(std::move(layout), options);
}

PartEstimate estimate_part(const HomeLayout& layout, const HomeSourceOptions& options,
                           std::string_view part, std::stop_token stop) {
  const HomePart* const found = layout.find(part);
  if (found == nullptr) {
    throw Error(ErrorKind::kNotFound, concat("the part ", part), "this home does not have it");
  }
  PartEstimate estimate{.part = std::string(part)};
  std::set<FileId> linked;
  const auto count = [&](const FoundEntry& entry) {
    if (stop.stop_requested()) {
      throw Error(ErrorKind::kInterrupted, "estimating the home", "it was cancelled");
    }
    if (!S_ISREG(entry.status.st_mode)) return;
    if (entry.status.st_nlink > 1 && !linked.insert(id_of(entry.status)).second) return;
    const auto bytes = static_cast<std::uint64_t>(entry.status.st_size);
    ++estimate.files;
    estimate.bytes += bytes;
    if (entry.is_database) estimate.database_bytes += bytes;
  };
  PartWalk(options).run(*found, /*open_files=*/false, {count, [](const Skipped&) {}});
  return estimate;
}

}  // namespace backshelf
