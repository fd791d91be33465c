// A catalog over given locations that keeps what it was told, for tests of who uses one.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/archive/repair_archive.h"
#include "engine/base/error.h"
#include "engine/base/guarded.h"
#include "engine/catalog/catalog.h"

namespace backshelf {

// An archive that is as sound as a test says, and waits in verify() and check() while a test wants
// it to.
class FakeArchive final : public Archive {
 public:
  explicit FakeArchive(State state) : state_(state) {}
  [[nodiscard]] std::uint64_t size() const override { return 100; }
  [[nodiscard]] const OuterTable& outer() const override { return outer_; }
  [[nodiscard]] const Metadata* metadata() const override { return nullptr; }
  [[nodiscard]] ByteView metadata_bytes() const override { return {}; }
  [[nodiscard]] bool is_protected() const override { return true; }
  [[nodiscard]] std::uint64_t memory_bytes() const override { return memory; }
  [[nodiscard]] State state() const override { return state_; }
  [[nodiscard]] std::string problem() const override {
    return state_ == State::kOk ? "" : "member ssl.tar.gz: chunk 3 is damaged";
  }
  [[nodiscard]] std::vector<MemberInfo> members() const override { return {}; }
  void check(std::stop_token stop) override {
    ++checks;
    while (check_blocked && !stop.stop_requested()) std::this_thread::yield();
    if (stop.stop_requested()) {
      ++interrupted;
      throw Error(ErrorKind::kInterrupted, "check", "it was cancelled");
    }
  }
  [[nodiscard]] std::unique_ptr<EarlierContent> segments_for(Level) override { return nullptr; }
  ExportReport export_to(const ExportPlan&, const ExportTarget&, const OnPass&,
                         std::stop_token) override {
    return {};
  }
  RepairReport repair_to(const RepairPlan&, const ExportTarget&, const OnPass&,
                         std::stop_token) override {
    return {};
  }
  void verify(const OnPass& on_pass, std::stop_token stop) override {
    on_pass({"ssl.tar.gz", 50, 100});
    while (blocked && !stop.stop_requested()) std::this_thread::yield();
    if (stop.stop_requested()) throw Error(ErrorKind::kInterrupted, "verify", "it was cancelled");
  }
  [[nodiscard]] FolderAttr attr(FolderId, std::stop_token) override { return {}; }
  [[nodiscard]] std::optional<FolderAttr> find_child(FolderId, std::string_view,
                                                     std::stop_token) override {
    return std::nullopt;
  }
  [[nodiscard]] std::optional<FolderAttr> find(const RelPath&, std::stop_token) override {
    return std::nullopt;
  }
  [[nodiscard]] std::uint32_t child_count(FolderId, std::stop_token) override { return 0; }
  [[nodiscard]] FolderChild child(FolderId, std::uint32_t) override { return {}; }
  [[nodiscard]] std::string link_target(FolderId) override { return {}; }
  [[nodiscard]] std::size_t read(FolderId, std::uint64_t, ByteSpan, std::stop_token) override {
    return 0;
  }

  std::atomic<bool> blocked = false, check_blocked = false;
  std::atomic<int> checks = 0, interrupted = 0;
  std::atomic<std::uint64_t> memory = 0;

 private:
  const State state_;
  const OuterTable outer_;
};

class FakeCatalog final : public Catalog {
 public:
  struct Told {
    std::map<std::string, BackupPtr> backups;  // by folder
    std::map<std::string, std::shared_ptr<FakeArchive>> archives;
    std::vector<std::function<void(const Change&)>> listeners;
    std::vector<std::string> removed, undeleted, verified, unsound, adopted;
  };

  explicit FakeCatalog(std::vector<std::shared_ptr<Location>> locations)
      : locations_(std::move(locations)) {}

  std::shared_ptr<FakeArchive> add(const std::string& folder, State state = State::kOk,
                                   bool is_protected = false) {
    return told_.with([&](Told& told) {
      Backup backup;
      backup.slot = static_cast<std::uint32_t>(told.archives.size() + 1);
      backup.folder = folder;
      backup.protects = is_protected;
      told.backups[folder] = std::make_shared<Backup>(backup);
      return told.archives[folder] = std::make_shared<FakeArchive>(state);
    });
  }
  void replace(const Backup& backup) {
    told_.with([&](Told& t) { t.backups[backup.folder] = std::make_shared<Backup>(backup); });
  }
  [[nodiscard]] Told look() const {
    return told_.with([](const Told& told) { return told; });
  }

  [[nodiscard]] std::shared_ptr<const Shelf> shelf() const override {
    Shelf shelf;
    const Told told = look();
    for (const auto& [folder, backup] : told.backups) shelf.backups.push_back(backup);
    return std::make_shared<Shelf>(shelf);
  }
  bool refresh() override { return false; }
  void start_watching() override {}
  void on_change(std::function<void(const Change&)> call) override {
    told_.with([&](Told& told) { told.listeners.push_back(std::move(call)); });
  }
  void tell(const Change& change) const {
    const Told told = look();
    for (const auto& call : told.listeners) call(change);
  }
  [[nodiscard]] std::shared_ptr<Archive> open(const Backup& backup) override {
    const Told told = look();
    const auto found = told.archives.find(backup.folder);
    if (found == told.archives.end() || !told.backups.contains(backup.folder)) {
      throw Error(ErrorKind::kNotFound, backup.folder, "it is gone");
    }
    return found->second;
  }
  [[nodiscard]] BackupPtr resolve(std::string_view word) override {
    const Told told = look();
    const auto found = told.backups.find(std::string(word));
    if (found != told.backups.end()) return found->second;
    throw Error(ErrorKind::kNotFound, word.data(), "there is no such backup");
  }
  [[nodiscard]] const std::vector<std::shared_ptr<Location>>& locations() const override {
    return locations_;
  }
  [[nodiscard]] std::shared_ptr<Location> location(std::string_view name) const override {
    for (const auto& location : locations_) {
      if (location->name() == name) return location;
    }
    return nullptr;
  }
  [[nodiscard]] std::optional<std::string> refusal(const Backup& backup) const override {
    if (!backup.protects) return std::nullopt;
    return "it is the last good backup";
  }
  void remove(const Backup& backup, bool force) override {
    if (refusal(backup) && !force) {
      throw Error(ErrorKind::kNotPermitted, backup.folder, *refusal(backup));
    }
    told_.with([&](Told& told) {
      told.backups.erase(backup.folder);
      told.removed.push_back(backup.folder);
    });
  }
  BackupPtr rename(const Backup& backup, const std::string& file) override {
    return told_.with([&](Told& told) {
      Backup renamed = backup;
      renamed.folder = folder_name(file);
      told.backups.erase(backup.folder);
      told.archives[renamed.folder] = told.archives[backup.folder];
      return told.backups[renamed.folder] = std::make_shared<Backup>(renamed);
    });
  }
  BackupPtr undelete(std::string_view folder) override {
    return told_.with([&](Told& told) {
      told.undeleted.emplace_back(folder);
      Backup backup;
      backup.folder = folder;
      return told.backups[backup.folder] = std::make_shared<Backup>(backup);
    });
  }
  [[nodiscard]] std::vector<DeletedBackup> deleted() const override { return {}; }
  void make_room(Location&, std::uint64_t) override {}
  void set_pinned(const Backup& backup, bool pinned) override {
    Backup changed = backup;
    changed.pinned = pinned;
    told_.with([&](Told& t) { t.backups[backup.folder] = std::make_shared<Backup>(changed); });
  }
  void remember(const Backup& backup, const Archive&, std::optional<Instant> verified) override {
    told_.with(
        [&](Told& told) { (verified ? told.verified : told.unsound).push_back(backup.folder); });
  }
  BackupPtr adopt(const std::string& location, const std::string& file, bool, bool) override {
    const std::string name = file.substr(0, file.size() - 4);
    const std::string folder = name_by_location ? concat(location, " ", name) : name;
    (void)add(folder);
    return told_.with([&](Told& told) {
      told.adopted.push_back(concat(location, "/", file));
      return told.backups[folder];
    });
  }

  BackupPtr adopt_copy(const Backup&, const std::string& location,
                       const std::string& file) override {
    return adopt(location, file, false, false);
  }

  bool name_by_location = false;  // copies of a backup are folders of their own

 private:
  const std::vector<std::shared_ptr<Location>> locations_;
  Guarded<Told> told_;
};

}  // namespace backshelf
