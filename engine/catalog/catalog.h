// All backups of all locations: what the shelf shows. Kept in memory; reading it never touches a
// disk.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/archive/archive.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/catalog/state_store.h"
#include "engine/location/location.h"

namespace backshelf {

// One backup as it stands on the shelf. Immutable snapshot.
struct Backup {
  std::uint32_t slot =
      0;  // identifies this backup while the daemon lives and across restarts (state); never reused
  std::string folder;                  // its name on the shelf, given once
  std::string location;                // where it is read from
  ObjectInfo object;                   // archive file
  std::string slug, name, date, type;  // of its metadata; empty when there is none
  std::string homeassistant_version;
  Timestamp when;  // date as an instant, else the file's mtime
  bool is_protected = false;
  State state = State::kUnchecked;  // as remembered: worst known
  std::string problem;
  std::vector<MemberInfo> members;
  std::optional<Instant> verified;  // every byte was last found sound then
  bool pinned = false, good = false, uploaded = false;
  // Made by this installation's schedule: so the state says, or, when the state was lost, a good
  // backup itself. Never what was uploaded.
  bool automatic = false;
  bool protects = false;  // the last good one (or its stand-in): refuses every way out
  bool away = false;      // its location could not be asked: known, and not readable now
  bool growing = false;   // incomplete and changed within 2 minutes: shown only in locations/
};
using BackupPtr = std::shared_ptr<const Backup>;

// Immutable; sorted by folder name's bytes.
struct Shelf {
  std::uint64_t version = 0;
  std::vector<BackupPtr> backups;
  // Slots in their order, each with its place in `backups`. Not needed, but every request to a
  // mount looks for one.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> slots;
  [[nodiscard]] BackupPtr find(std::string_view folder) const;
  [[nodiscard]] BackupPtr find_file(std::string_view location, std::string_view file) const;
  [[nodiscard]] BackupPtr by_slot(std::uint32_t slot) const;
  void index_slots();  // REQUIRES: `backups` is complete
};

// A delete that waits for its location to come back.
struct DelayedDelete {
  std::string folder, location, file;
  Instant since;
};

struct DeletedBackup {
  std::string folder, location, file, hidden;
  Instant when, until;
};

// Thread-safe.
class Catalog {
 public:
  struct Parts {
    std::vector<std::shared_ptr<Location>> locations;  // in INI order
    ArchiveTools tools;
    StateStore& state;
    const Clock& clock;
    Log& log;
    std::chrono::seconds undelete;
    std::chrono::seconds poll = std::chrono::seconds(60);  // at least that often is looked
  };
  [[nodiscard]] static std::unique_ptr<Catalog> make(Parts parts);
  virtual ~Catalog() = default;

  [[nodiscard]] virtual std::shared_ptr<const Shelf> shelf() const = 0;  // never blocks on a disk
  // Looks at the locations again; reads the headers of what is new or changed. Returns whether the
  // shelf changed.
  virtual bool refresh() = 0;
  // A thread that refreshes on change events and at least every `poll`, expires deleted archives,
  // until destroyed.
  virtual void start_watching() = 0;
  // Called (from any thread, without locks) after the shelf changed, with the folders that came and
  // went.
  struct Change {
    std::vector<BackupPtr> added, removed;
  };
  virtual void on_change(std::function<void(const Change&)> call) = 0;

  // The opened archive of a backup, shared by all who read it, kept while in use and a few beyond.
  // Single-flight. Throws kNotFound (its location is not configured or away, its archive gone or
  // replaced), kAccess, kIo.
  [[nodiscard]] virtual std::shared_ptr<Archive> open(const Backup& backup) = 0;
  // The archives that somebody looks into for the first time at this moment, and how far that is.
  struct Opening {
    std::string folder, member;
    std::uint64_t done_bytes = 0, total_bytes = 0;
  };
  [[nodiscard]] virtual std::vector<Opening> opening() const { return {}; }
  // FOLDER, slug, or "latest" (newest that opens); throws kNotFound, kUsage when ambiguous.
  [[nodiscard]] virtual BackupPtr resolve(std::string_view word) = 0;
  [[nodiscard]] virtual const std::vector<std::shared_ptr<Location>>& locations() const = 0;
  [[nodiscard]] virtual std::shared_ptr<Location> location(
      std::string_view name) const = 0;  // null: none

  // Why this backup may not go (last good, pinned); nullopt when it may.
  [[nodiscard]] virtual std::optional<std::string> refusal(const Backup& backup) const = 0;
  // Soft delete from all locations; remembered, and done later, where a location is away. Throws
  // kNotPermitted when refused and not forced, kReadOnly on a read-only shelf.
  virtual void remove(const Backup& backup, bool force) = 0;
  [[nodiscard]] virtual std::vector<DelayedDelete> delayed_deletes() const { return {}; }
  // Why the location could not be asked at the last look; nullopt: it could.
  [[nodiscard]] virtual std::optional<std::string> away(std::string_view) const {
    return std::nullopt;
  }
  // Also ends a delete that still waits.
  virtual BackupPtr undelete(std::string_view folder) = 0;  // kNotFound when not among the deleted
  [[nodiscard]] virtual std::vector<DeletedBackup> deleted() const = 0;
  // Deleted archives go for good, oldest first, until `needed` bytes are free in that location (or
  // none are left).
  virtual void make_room(Location& location, std::uint64_t needed) = 0;
  virtual void set_pinned(const Backup& backup, bool pinned) = 0;
  // The archive is called `file` from now on, and its folder after it, with " (2)" when another has
  // that name; what is known of it stays. Throws kInvalid (no archive name), kExists, kReadOnly,
  // kNotFound (changed or gone), kBusy (its location is away).
  virtual BackupPtr rename(const Backup& backup, const std::string& file) = 0;
  // What a check or verify found out (the archive's members and state as they are now), remembered.
  virtual void remember(const Backup& backup, const Archive& archive,
                        std::optional<Instant> verified) = 0;
  // A backup made here, or an archive put here by upload: remembered as such. Refreshes.
  // Throws kNotFound when the location does not show it.
  virtual BackupPtr adopt(const std::string& location, const std::string& file, bool uploaded,
                          bool automatic) = 0;
  // As adopt(): a copy of `source`, with the same origin and the same pin.
  virtual BackupPtr adopt_copy(const Backup& source, const std::string& location,
                               const std::string& file) = 0;
};

// The folder name for an archive file: without ".tar"; `< > : " / \ | ? *`, control characters,
// trailing dots and spaces and reserved device names become '_'; names of the tree itself
// ("control", "locations", …) and leading dots are changed too.
[[nodiscard]] std::string folder_name(std::string_view file);
// Windows reserves a device's name with any extension and with spaces before it: "con.txt".
[[nodiscard]] bool is_device_name(std::string_view name);
// The files at the top of a shelf, which no backup may be called.
[[nodiscard]] bool is_taken_name(std::string_view name);

}  // namespace backshelf
