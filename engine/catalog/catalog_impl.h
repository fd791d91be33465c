// The one Catalog there is; part of engine/catalog only.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/base/guarded.h"
#include "engine/catalog/catalog.h"
#include "engine/catalog/known_headers.h"
#include "engine/catalog/opened_archives.h"
#include "engine/catalog/records.h"
#include "engine/catalog/shelf_build.h"
#include "engine/catalog/watcher.h"

namespace backshelf {

class ShelfCatalog final : public Catalog {
 public:
  explicit ShelfCatalog(Parts parts);
  ~ShelfCatalog() override;

  [[nodiscard]] std::shared_ptr<const Shelf> shelf() const override;
  bool refresh() override;
  void start_watching() override;
  void on_change(std::function<void(const Change&)> call) override;
  [[nodiscard]] std::shared_ptr<Archive> open(const Backup& backup) override;
  [[nodiscard]] std::vector<Opening> opening() const override;
  [[nodiscard]] BackupPtr resolve(std::string_view word) override;
  [[nodiscard]] const std::vector<std::shared_ptr<Location>>& locations() const override;
  [[nodiscard]] std::shared_ptr<Location> location(std::string_view name) const override;
  [[nodiscard]] std::optional<std::string> refusal(const Backup& backup) const override;
  void remove(const Backup& backup, bool force) override;
  [[nodiscard]] std::vector<DelayedDelete> delayed_deletes() const override;
  [[nodiscard]] std::optional<std::string> away(std::string_view location) const override;
  BackupPtr undelete(std::string_view folder) override;
  [[nodiscard]] std::vector<DeletedBackup> deleted() const override;
  void make_room(Location& location, std::uint64_t needed) override;
  void set_pinned(const Backup& backup, bool pinned) override;
  BackupPtr rename(const Backup& backup, const std::string& file) override;
  void remember(const Backup& backup, const Archive& archive,
                std::optional<Instant> verified) override;
  BackupPtr adopt(const std::string& location, const std::string& file, bool uploaded,
                  bool automatic) override;
  BackupPtr adopt_copy(const Backup& source, const std::string& location,
                       const std::string& file) override;

 private:
  // What the last look found; only one thread looks at a time.
  struct Look {
    std::vector<Found> found;       // of all locations, in their order, by name
    std::vector<std::string> away;  // locations that could not be listed
    KnownHeaders facts;
    bool loaded = false;  // facts of an earlier process were read
  };

  // catalog.cc
  enum class Disk { kLook, kAsKnown };
  bool rebuild(Disk disk);
  [[nodiscard]] std::shared_ptr<const Shelf> build(Look& look);
  static void mark_growing(Look& look, Instant now);
  bool look_around();  // never throws; returns whether it changed the state
  void list_locations(Look& look);
  void read_new_headers(Look& look);
  [[nodiscard]] HeaderFacts look_inside(const Found& found);
  [[nodiscard]] Records settled_records(const Look& look);
  void tell(const Shelf& before, const Shelf& after);
  [[nodiscard]] std::shared_ptr<Archive> open_file(const Backup& backup);
  [[nodiscard]] BackupPtr newest_that_opens();

  // remember.cc
  [[nodiscard]] BackupPtr adopted(const std::string& location, const std::string& file,
                                  const std::function<void(const Records&, Record&)>& mark);

  // away.cc
  [[nodiscard]] std::vector<Found> saved_objects(const Location& place) const;
  [[nodiscard]] bool any_delayed() const;
  void delay_delete(const Backup& backup);
  bool finish_delayed();  // returns whether anything changed
  bool finish_delayed(const DelayedRecord& delayed);
  bool cancel_delayed(std::string_view folder);

  // deleted.cc
  [[nodiscard]] Record recorded(const Backup& backup) const;
  void record_deleted(const Record& record, const std::string& hidden);
  void change_state(const std::function<void(Json&)>& change);
  void change_records(const std::function<void(Records&)>& change);
  // The record of this file as long as it has these bytes; null otherwise.
  [[nodiscard]] static Record* record_of(Records& records, const Backup& backup);
  [[nodiscard]] std::vector<DeletedRecord> all_deleted() const;
  void add_unrecorded(Location& location, std::vector<DeletedRecord>& deleted) const;
  void expire_deleted();
  [[nodiscard]] Record reserve_name(const Backup& backup, const std::string& file);  // rename.cc
  bool remove_for_good(const DeletedRecord& gone);
  [[nodiscard]] std::string bring_back(const DeletedRecord& gone);

  Parts parts_;
  Guarded<Look> look_;
  Guarded<std::shared_ptr<const Shelf>> shelf_;
  Guarded<std::map<std::string, std::string, std::less<>>> away_;  // location to why, of that look
  Guarded<std::vector<std::function<void(const Change&)>>> listeners_;
  OpenedArchives opened_;
  std::atomic<unsigned> state_changes_ = 0;  // made by this catalog
  std::unique_ptr<Watcher> watcher_;         // last: its thread uses all of the above
};

}  // namespace backshelf
