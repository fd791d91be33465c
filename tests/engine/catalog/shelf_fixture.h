// A catalog over a directory of small archives.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <ctime>

#include "engine/base/error.h"
#include "engine/catalog/catalog.h"
#include "engine/keys/key_ring.h"
#include "tests/support/fake_clock.h"
#include "tests/support/small_archive.h"
#include "tests/support/temp_directory.h"

namespace backshelf {

class ShelfFixture : public ::testing::Test {
 protected:
  ShelfFixture() { restart(); }

  // As a new process would begin. The state outlives it: on the disk after use_disk(), whose syncs
  // take time, else in memory.
  void restart() {
    catalog_.reset();
    if (on_disk_ || !state_) state_ = StateStore::open(on_disk_ ? state_directory_.path() : "");
    DirectoryLocationOptions options;
    options.path = archives_.path();
    options.installation = state_->installation();
    options.clock = clock_;
    location_ = make_directory_location(std::move(options));
    restart_over({location_});
  }
  void restart_over(std::vector<std::shared_ptr<Location>> locations) {
    catalog_ = Catalog::make({.locations = std::move(locations),
                              .tools = {*keys_, cache_},
                              .state = *state_,
                              .clock = *clock_,
                              .log = null_log(),
                              .undelete = std::chrono::hours(24)});
    (void)catalog_->refresh();
  }

  void use_disk() {
    on_disk_ = true;
    restart();
  }

  // Written beside and renamed, as a careful program does; old enough not to be growing.
  void put(const std::string& file, const std::string& content) {
    archives_.write(".new", content);
    const timeval old[2] = {{1'700'000'000, 0}, {1'700'000'000 + ++files_, 0}};
    ASSERT_EQ(::utimes(archives_.path(".new").c_str(), old), 0);
    ASSERT_EQ(::rename(archives_.path(".new").c_str(), archives_.path(file).c_str()), 0);
  }
  // A backup of that day of November 2026.
  void put_day(const std::string& folder, int day, SmallArchive facts = {}) {
    facts.date = concat("2026-11-", day < 10 ? "0" : "", day, "T00:00:00+00:00");
    facts.slug = concat("000000", day < 10 ? "0" : "", day);
    put(folder + ".tar", small_archive(facts));
  }
  BackupPtr add_day(const std::string& folder, int day, SmallArchive facts = {}) {
    put_day(folder, day, std::move(facts));
    (void)catalog_->refresh();
    return backup(folder);
  }
  // Added, and found sound as a verify would.
  BackupPtr add_good(const std::string& folder, int day, bool uploaded = false) {
    put_day(folder, day);
    (void)catalog_->adopt("local", folder + ".tar", uploaded, /*automatic=*/true);
    return verify(folder);
  }
  BackupPtr verify(const std::string& folder) {
    const BackupPtr one = backup(folder);
    const auto archive = catalog_->open(*one);
    archive->check();
    archive->verify({}, {});
    const bool sound = archive->state() == State::kOk;
    catalog_->remember(*one, *archive, sound ? std::optional(clock_->now()) : std::nullopt);
    return backup(folder);
  }
  [[nodiscard]] BackupPtr backup(const std::string& folder) const {
    return catalog_->shelf()->find(folder);
  }
  [[nodiscard]] std::vector<std::string> folders() const {
    std::vector<std::string> names;
    for (const BackupPtr& one : catalog_->shelf()->backups) names.push_back(one->folder);
    return names;
  }
  [[nodiscard]] std::string protected_folder() const {
    std::string names;
    for (const BackupPtr& one : catalog_->shelf()->backups) {
      if (one->protects) names += one->folder;
    }
    return names;
  }

  const TempDirectory archives_, state_directory_;
  FakeClock fake_clock_;
  SystemClock system_clock_;
  const Clock* clock_ = &fake_clock_;
  BlockCache cache_{kMiB};
  std::unique_ptr<KeyRing> keys_ = KeyRing::make({});
  std::unique_ptr<StateStore> state_;
  std::shared_ptr<Location> location_;
  std::unique_ptr<Catalog> catalog_;
  int files_ = 0;
  bool on_disk_ = false;
};

// The kind of the Error that `call` throws.
template <typename Call>
[[nodiscard]] std::optional<ErrorKind> error_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.kind();
  }
  return std::nullopt;
}

}  // namespace backshelf
