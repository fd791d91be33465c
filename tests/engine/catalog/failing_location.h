// A location that fails when a test wants it to, over a sound one.
#pragma once

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/error.h"
#include "engine/location/location.h"

namespace backshelf {

class FailingLocation final : public Location {
 public:
  FailingLocation(std::shared_ptr<Location> sound, std::string name)
      : sound_(std::move(sound)), name_(std::move(name)) {}

  std::atomic<bool> list_fails = false, open_fails = false, unhide_fails = false;
  std::atomic<bool> rename_ends = false, renamed_ends = false;  // before it is done, and after
  std::atomic<bool> unhide_ends_list = false;  // the disk goes right after a file came back

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::vector<ObjectInfo> list() override {
    fail_if(list_fails);
    return sound_->list();
  }
  [[nodiscard]] std::vector<ObjectInfo> list_hidden() override { return sound_->list_hidden(); }
  [[nodiscard]] std::optional<ObjectInfo> find(const std::string& name) override {
    return sound_->find(name);
  }
  [[nodiscard]] std::shared_ptr<const RandomSource> open(const std::string& name) override {
    fail_if(open_fails);
    return sound_->open(name);
  }
  [[nodiscard]] std::unique_ptr<PendingObject> create(const std::string& job) override {
    return sound_->create(job);
  }
  [[nodiscard]] std::unique_ptr<StagedObject> stage(const std::string& job) override {
    return sound_->stage(job);
  }
  void rename(const std::string& from, const std::string& to) override {
    if (rename_ends) throw std::runtime_error("the process ends");
    sound_->rename(from, to);
    if (renamed_ends) throw std::runtime_error("the process ends");
  }
  [[nodiscard]] std::string hide(const std::string& name) override { return sound_->hide(name); }
  [[nodiscard]] std::string unhide(const std::string& hidden, const std::string& name) override {
    fail_if(unhide_fails);
    if (unhide_ends_list) list_fails = true;
    return sound_->unhide(hidden, name);
  }
  void remove(const std::string& name) override { sound_->remove(name); }
  [[nodiscard]] Space space() override { return sound_->space(); }
  [[nodiscard]] bool read_only() const override { return false; }
  std::size_t remove_leftovers() override { return sound_->remove_leftovers(); }
  [[nodiscard]] int change_fd() override { return sound_->change_fd(); }
  void drain_changes() override { sound_->drain_changes(); }

 private:
  static void fail_if(bool fails) {
    if (fails) throw Error(ErrorKind::kIo, "asking", "the place does not answer");
  }

  const std::shared_ptr<Location> sound_;
  const std::string name_;
};

}  // namespace backshelf
