#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <random>

#include "engine/base/error.h"
#include "engine/base/guarded.h"
#include "engine/disk/file.h"
#include "engine/disk/staged_file.h"
#include "engine/location/directory_objects.h"
#include "engine/location/mount_points.h"
#include "engine/location/object_names.h"

namespace backshelf {
namespace {

constexpr unsigned kMaxNumberedNames = 1000;  // "A (1000).tar": somebody is testing our patience

std::string random_token() {
  std::random_device device;
  const std::uint64_t value = std::uint64_t{device()} << 32 | device();
  ByteVec bytes(sizeof(value));
  store_be64(bytes, value);
  return to_hex(bytes);
}

std::uint64_t bytes_of(const std::vector<ObjectInfo>& objects) {
  std::uint64_t bytes = 0;
  for (const ObjectInfo& object : objects) bytes += object.size;
  return bytes;
}

class DirectoryLocation final : public Location {
 public:
  explicit DirectoryLocation(DirectoryLocationOptions options) : options_(std::move(options)) {
    check_is_there();
    check_readable_directory(options_.path);
  }

  [[nodiscard]] const std::string& name() const override { return options_.name; }

  [[nodiscard]] std::vector<ObjectInfo> list() override {
    if (!options_.only_file.empty()) return {info_of(options_.only_file, only_file_status())};
    check_is_there();
    return select([](const std::string& entry) { return is_archive_name(entry); });
  }

  [[nodiscard]] std::vector<ObjectInfo> list_hidden() override {
    if (!options_.only_file.empty()) return {};
    check_is_there();
    return select([this](const std::string& entry) { return is_hidden(entry); });
  }

  [[nodiscard]] std::optional<ObjectInfo> find(const std::string& object) override {
    if (!options_.only_file.empty()) {
      if (object != options_.only_file) return std::nullopt;
      return info_of(object, only_file_status());
    }
    if (!is_archive_name(object) && !is_hidden(object)) return std::nullopt;
    check_is_there();
    const auto status = find_status(path_of(object));
    if (!status || !S_ISREG(status->st_mode)) return std::nullopt;
    return info_of(object, *status);
  }

  [[nodiscard]] std::shared_ptr<const RandomSource> open(const std::string& object) override {
    require(object);
    // The owner chose the single file, and it may be a link; one among others may be a trap.
    if (!options_.only_file.empty()) return std::make_shared<FileSource>(path_of(object));
    return FileSource::open_no_link(path_of(object));
  }

  [[nodiscard]] std::unique_ptr<PendingObject> create(const std::string& job) override {
    return make_pending_object(staging(job), limit());
  }
  [[nodiscard]] std::unique_ptr<StagedObject> stage(const std::string& job) override {
    return make_staged_object(staging(job), limit());
  }

  void rename(const std::string& from, const std::string& to) override {
    check_writable();
    check_new_name(to);
    require(from);
    if (!rename_if_free(path_of(from), path_of(to), make_room())) throw taken(to);
  }

  [[nodiscard]] std::string hide(const std::string& object) override {
    check_writable();
    if (!is_archive_name(object)) throw absent(object);
    require(object);
    const std::int64_t now = to_timestamp(clock().now()).seconds;
    std::string hidden = hidden_name(options_.installation, now, random_token(), object);
    if (!rename_if_free(path_of(object), path_of(hidden), make_room())) throw taken(hidden);
    return hidden;
  }

  [[nodiscard]] std::string unhide(const std::string& hidden, const std::string& object) override {
    check_writable();
    check_new_name(object);
    if (!is_hidden(hidden)) throw absent(hidden);
    require(hidden);
    for (unsigned number = 1; number <= kMaxNumberedNames; ++number) {
      std::string given = numbered_name(object, number);
      if (rename_if_free(path_of(hidden), path_of(given))) return given;
    }
    throw taken(object);
  }

  void remove(const std::string& object) override {
    check_writable();
    require(object);
    remove_file(path_of(object));
  }

  [[nodiscard]] Space space() override {
    const std::uint64_t hidden = bytes_of(list_hidden());  // throws when away
    const DiskSpace disk = disk_space(options_.path);
    Space space{std::min(disk.free_bytes + hidden, disk.total_bytes), disk.total_bytes};
    if (options_.max_bytes == 0) return space;
    const std::uint64_t used = std::min(bytes_of(list()), options_.max_bytes);
    space.free_bytes = std::min(space.free_bytes, options_.max_bytes - used);
    space.total_bytes = std::min(space.total_bytes, options_.max_bytes);
    return space;
  }

  [[nodiscard]] bool read_only() const override {
    if (options_.read_only || !options_.only_file.empty()) return true;
    return missing_mount().empty() && is_read_only_directory(options_.path);
  }

  std::size_t remove_leftovers() override {
    if (read_only()) return 0;
    check_is_there();
    std::size_t removed = 0;
    for (const DirectoryEntry& entry : list_directory(options_.path)) {
      if (!is_temporary_name(entry.name, options_.installation)) continue;
      if (!S_ISREG(entry.status.st_mode)) continue;
      if (remove_if_unlocked(path_of(entry.name))) ++removed;
    }
    return removed;
  }

  [[nodiscard]] int change_fd() override {
    return watch_.with([this](std::unique_ptr<DirectoryWatch>& watch) {
      // The one watched before lies on a disk that is gone, or below the one that came.
      if (was_away_.exchange(false)) watch.reset();
      if (!watch) watch = DirectoryWatch::find(options_.path);
      return watch ? watch->fd() : -1;
    });
  }
  void drain_changes() override {
    watch_.with([](std::unique_ptr<DirectoryWatch>& watch) {
      if (watch) watch->drain();
    });
  }

 private:
  // Empty: none is missing.
  [[nodiscard]] std::string missing_mount() const {
    std::string mount = options_.mount_point ? options_.mount_point() : std::string();
    if (mount.empty() || is_mount_point(mount)) return {};
    was_away_ = true;
    return mount;
  }
  // What is away has no fewer archives than before: nobody may take them for removed.
  void check_is_there() const {
    if (const std::string mount = missing_mount(); !mount.empty()) {
      throw Error(ErrorKind::kNotFound, concat("location ", options_.name),
                  concat(mount, " is not mounted"),
                  "mount it; if the archives lie elsewhere now, correct the path in the "
                  "configuration");
    }
    if (find_status(options_.path)) return;
    throw Error(ErrorKind::kNotFound, concat("location ", options_.name),
                concat(options_.path, " does not exist"),
                "make the directory or mount its disk, or correct its path in the configuration");
  }
  [[nodiscard]] std::string path_of(const std::string& object) const {
    return concat(options_.path, "/", object);
  }
  [[nodiscard]] bool is_hidden(const std::string& entry) const {
    return parse_hidden_name(entry, options_.installation).has_value();
  }
  [[nodiscard]] const Clock& clock() const {
    return options_.clock == nullptr ? system_clock_ : *options_.clock;
  }
  [[nodiscard]] struct stat only_file_status() const {
    return FileSource(path_of(options_.only_file)).status();
  }

  template <typename Wanted>
  [[nodiscard]] std::vector<ObjectInfo> select(const Wanted& wanted) const {
    std::vector<ObjectInfo> objects;
    for (const DirectoryEntry& entry : list_directory(options_.path)) {
      if (!S_ISREG(entry.status.st_mode) || !wanted(entry.name)) continue;
      objects.push_back(info_of(entry.name, entry.status));
    }
    return objects;
  }

  [[nodiscard]] MakeRoom make_room() {
    return [this] { return remove_oldest_hidden(); };
  }

  bool remove_oldest_hidden() {
    const auto age = [this](const ObjectInfo& object) {
      return parse_hidden_name(object.name, options_.installation)->deleted_seconds;
    };
    std::vector<ObjectInfo> hidden = list_hidden();
    std::sort(hidden.begin(), hidden.end(),
              [&](const ObjectInfo& a, const ObjectInfo& b) { return age(a) < age(b); });
    // Another thread may have been faster with the first ones; that made room too.
    return !hidden.empty() && (remove_file_if_present(path_of(hidden.front().name)), true);
  }

  [[nodiscard]] AllowSize limit() {
    if (options_.max_bytes == 0) return {};
    return [this](std::uint64_t size) { allow(size); };
  }
  // Deleted archives make room, but only when that is enough.
  void allow(std::uint64_t size) {
    const std::uint64_t used = bytes_of(list());
    if (used > options_.max_bytes || size > options_.max_bytes - used) {
      throw Error(ErrorKind::kNoSpace, concat("location ", options_.name),
                  concat("an archive of ", size, " bytes and the ", used, " bytes that lie there ",
                         "are more than its max_size = ", options_.max_bytes),
                  "delete some of them, or raise max_size in the configuration");
    }
    while (used + size + bytes_of(list_hidden()) > options_.max_bytes) {
      if (!remove_oldest_hidden()) return;
    }
  }

  [[nodiscard]] StagedFile::Options staging(const std::string& job) {
    check_is_there();
    check_writable();
    return {.directory = options_.path,
            .temporary_name = temporary_name(options_.installation, job, random_token()),
            .mode = 0600,
            .make_room = make_room()};
  }

  void check_writable() const {
    if (read_only()) {
      throw Error(ErrorKind::kReadOnly, concat("location ", options_.name), "it is read-only",
                  concat("make ", options_.path, " writable, or use another location"));
    }
  }
  void check_new_name(const std::string& object) const { check_archive_name(object); }
  void require(const std::string& object) {
    if (!find(object)) throw absent(object);
  }
  [[nodiscard]] Error absent(const std::string& object) const {
    return {ErrorKind::kNotFound, concat("location ", options_.name),
            concat("it has no archive ", object)};
  }
  [[nodiscard]] Error taken(const std::string& object) const {
    return {ErrorKind::kExists, concat("location ", options_.name),
            concat("it already has an archive ", object), "choose another name"};
  }

  const DirectoryLocationOptions options_;
  const SystemClock system_clock_;
  Guarded<std::unique_ptr<DirectoryWatch>> watch_;
  mutable std::atomic<bool> was_away_ = false;  // since the watch was made
};

}  // namespace

std::unique_ptr<Location> make_directory_location(DirectoryLocationOptions options) {
  return std::make_unique<DirectoryLocation>(std::move(options));
}

}  // namespace backshelf
