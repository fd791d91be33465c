#include <grp.h>
#include <pwd.h>
#include <sys/sysmacros.h>

#include <array>
#include <map>
#include <set>
#include <utility>

#include "engine/base/error.h"
#include "engine/disk/file_stream.h"
#include "engine/home/home.h"
#include "engine/home/part_walk.h"

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
    const auto [name, is_new] = users_.try_emplace(uid);
    passwd record{};
    passwd* found = nullptr;
    if (is_new && ::getpwuid_r(uid, &record, buffer_.data(), buffer_.size(), &found) == 0 &&
        found != nullptr) {
      name->second = found->pw_name;
    }
    return name->second;
  }
  const std::string& group(gid_t gid) {
    const auto [name, is_new] = groups_.try_emplace(gid);
    ::group record{};
    ::group* found = nullptr;
    if (is_new && ::getgrgid_r(gid, &record, buffer_.data(), buffer_.size(), &found) == 0 &&
        found != nullptr) {
      name->second = found->gr_name;
    }
    return name->second;
  }

 private:
  std::map<uid_t, std::string> users_;
  std::map<gid_t, std::string> groups_;
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

class HomeSource final : public EntrySource {
 public:
  HomeSource(HomeLayout layout, const HomeSourceOptions& options)
      : layout_(std::move(layout)), walk_(options) {}

  void for_each(const std::string& part, const Visit& visit) override {
    const HomePart* const found = layout_.find(part);
    if (found == nullptr) {
      throw Error(ErrorKind::kNotFound, concat("the part ", part), "this home does not have it");
    }
    Linked linked;
    const auto skip = [this](Skipped skipped) { skipped_.push_back(std::move(skipped)); };
    const auto store = [&](const FoundEntry& entry) { this->store(entry, linked, visit); };
    walk_.run(*found, {store, skip});
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
    if (!S_ISREG(found.status.st_mode)) return visit(entry_of(found, found.status), nullptr);
    const auto first = linked.find(id_of(found.status));
    if (first != linked.end() && is_same_file(found.status, first->second.status)) {
      Entry link = entry_of(found, found.status);
      link.type = EntryType::kHardlink;
      link.link_target = first->second.tar_path;
      link.size = 0;
      return visit(link, nullptr);
    }
    const std::unique_ptr<FileStream> body = open_body(found);
    if (!body) return;
    // As it is now: the size the walk saw may be seconds old.
    const struct stat& now = body->status();
    if (now.st_nlink > 1) linked[id_of(now)] = {found.tar_path, now};
    visit(entry_of(found, now), body.get());
  }

  std::unique_ptr<FileStream> open_body(const FoundEntry& found) {
    try {
      return std::make_unique<FileStream>(found.open(), found.shown);
    } catch (const Error& error) {  // isolation: one source file
      skipped_.push_back({found.shown, error.why()});
      return nullptr;
    }
  }

  Entry entry_of(const FoundEntry& found, const struct stat& status) {
    Entry entry;
    entry.type = type_of(status.st_mode);
    entry.path = found.tar_path;
    entry.link_target = found.link_target;
    entry.mode = status.st_mode & 07777;
    entry.uid = status.st_uid;
    entry.gid = status.st_gid;
    entry.user_name = names_.user(status.st_uid);
    entry.group_name = names_.group(status.st_gid);
    entry.mtime = mtime_of(status);
    if (entry.type == EntryType::kFile) entry.size = static_cast<std::uint64_t>(status.st_size);
    if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {
      entry.device_major = major(status.st_rdev);
      entry.device_minor = minor(status.st_rdev);
    }
    return entry;
  }

  const HomeLayout layout_;
  const PartWalk walk_;
  OwnerNames names_;
  std::vector<Skipped> skipped_;
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
  PartWalk(options).run(*found, {count, [](const Skipped&) {}});
  return estimate;
}

}  // namespace backshelf
