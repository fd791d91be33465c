// A directory of archives that may not be there yet: a disk that is mounted later.
#pragma once

#include <memory>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/guarded.h"
#include "engine/catalog/state_store.h"
#include "engine/config/config.h"
#include "engine/location/location.h"

namespace backshelf {

// Thread-safe. Until the directory is there, every call throws what opening it throws.
class LateLocation final : public Location {
 public:
  // `mount_point`: the one that is known to be needed; empty: none. `learned` is told of another
  // one as soon as the directory is seen below it.
  using Learned = std::function<void(const std::string& mount_point)>;
  LateLocation(DirectoryLocationOptions options, std::string mount_point, Learned learned);
  [[nodiscard]] std::optional<Error> try_open();  // why it is not there; nullopt: it is

  [[nodiscard]] const std::string& name() const override { return options_.name; }
  [[nodiscard]] std::vector<ObjectInfo> list() override;
  [[nodiscard]] std::vector<ObjectInfo> list_hidden() override { return place()->list_hidden(); }
  [[nodiscard]] std::optional<ObjectInfo> find(const std::string& name) override {
    return place()->find(name);
  }
  [[nodiscard]] std::shared_ptr<const RandomSource> open(const std::string& name) override {
    return place()->open(name);
  }
  [[nodiscard]] std::unique_ptr<PendingObject> create(const std::string& job) override {
    return place()->create(job);
  }
  [[nodiscard]] std::unique_ptr<StagedObject> stage(const std::string& job) override {
    return place()->stage(job);
  }
  void rename(const std::string& from, const std::string& to) override {
    place()->rename(from, to);
  }
  [[nodiscard]] std::string hide(const std::string& name) override { return place()->hide(name); }
  [[nodiscard]] std::string unhide(const std::string& hidden, const std::string& name) override {
    return place()->unhide(hidden, name);
  }
  void remove(const std::string& name_or_hidden) override { place()->remove(name_or_hidden); }
  [[nodiscard]] Space space() override { return place()->space(); }
  [[nodiscard]] bool read_only() const override;
  std::size_t remove_leftovers() override { return place()->remove_leftovers(); }
  [[nodiscard]] int change_fd() override;
  void drain_changes() override;

 private:
  using Place = std::shared_ptr<Location>;
  [[nodiscard]] Place place() const;
  [[nodiscard]] Place place_if_there() const;

  void learn_mount_point();

  DirectoryLocationOptions options_;
  const Learned learned_;
  Guarded<std::string> mount_point_;
  mutable Guarded<Place> place_;
};

// All that are configured. The usual place of a new installation is made. One that is missing now
// is away and asked for again later, with a line on stderr; throws when all are missing and none is
// known to be a disk that is not mounted: that is a mistyped path. Throws Error(kUsage) for a type
// that is not in this version. Where a file system is, or should be, mounted is remembered in
// `state` (borrowed, for as long as the locations live) and looked up in `fstab`: such a place is
// away while nothing is mounted there.
[[nodiscard]] std::vector<std::shared_ptr<Location>> open_locations(
    const Config& config, const Config& usual, StateStore& state, bool read_only,
    const std::string& fstab = "/etc/fstab");

}  // namespace backshelf
