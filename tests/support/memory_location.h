// A location in memory, full or away when a test wants it to be.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/guarded.h"
#include "engine/location/location.h"
#include "engine/stream/adapters.h"

namespace backshelf {

// What several threads and the objects being written share.
struct MemoryStore {
  std::map<std::string, ByteVec> objects;
  std::uint64_t limit = ~std::uint64_t{0};  // bytes one object may have; more is kNoSpace
  Space space;                              // total 0: not told
  bool away = false;
  std::function<void()> on_write;  // before each write; may block
  std::size_t pending = 0;         // objects being written
};
using SharedStore = std::shared_ptr<Guarded<MemoryStore>>;

class MemoryObject final : public PendingObject {
 public:
  explicit MemoryObject(SharedStore store) : store_(std::move(store)) {
    store_->with([](MemoryStore& s) { ++s.pending; });
  }
  ~MemoryObject() override {
    store_->with([](MemoryStore& s) { --s.pending; });
  }
  void write(ByteView bytes) override {
    const auto on_write = store_->with([](const MemoryStore& s) { return s.on_write; });
    if (on_write) on_write();
    const auto limit = store_->with([](const MemoryStore& s) { return s.limit; });
    if (bytes_.size() + bytes.size() > limit) {
      throw Error(ErrorKind::kNoSpace, "writing", "no space is left");
    }
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  void patch(std::uint64_t offset, ByteView bytes) override {
    if (offset + bytes.size() > bytes_.size()) {
      throw Error(ErrorKind::kInternal, "patch", "behind what was written");
    }
    std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  [[nodiscard]] std::uint64_t written() const override { return bytes_.size(); }
  ObjectInfo commit(const std::string& name) override {
    return store_->with([&](MemoryStore& s) {
      if (s.objects.contains(name)) throw Error(ErrorKind::kExists, name, "it exists");
      s.objects[name] = bytes_;
      return ObjectInfo{name, bytes_.size(), {}, name};
    });
  }
  [[nodiscard]] const ByteVec& bytes() const { return bytes_; }

 private:
  const SharedStore store_;
  ByteVec bytes_;
};

class MemoryLocation final : public Location {
 public:
  explicit MemoryLocation(std::string name, bool read_only = false)
      : name_(std::move(name)), read_only_(read_only) {}

  [[nodiscard]] MemoryStore look() const {
    return store_->with([](const MemoryStore& s) { return s; });
  }
  void change(const std::function<void(MemoryStore&)>& change) { store_->with(change); }

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::vector<ObjectInfo> list() override {
    check();
    std::vector<ObjectInfo> all;
    for (const auto& [name, bytes] : look().objects) all.push_back({name, bytes.size(), {}, name});
    return all;
  }
  [[nodiscard]] std::vector<ObjectInfo> list_hidden() override { return {}; }
  [[nodiscard]] std::optional<ObjectInfo> find(const std::string& name) override {
    check();
    const MemoryStore now = look();
    const auto found = now.objects.find(name);
    if (found == now.objects.end()) return std::nullopt;
    return ObjectInfo{name, found->second.size(), {}, name};
  }
  [[nodiscard]] std::shared_ptr<const RandomSource> open(const std::string& name) override {
    check();
    return std::make_shared<MemorySource>(look().objects.at(name));
  }
  [[nodiscard]] std::unique_ptr<PendingObject> create(const std::string&) override {
    check();
    return std::make_unique<MemoryObject>(store_);
  }
  [[nodiscard]] std::unique_ptr<StagedObject> stage(const std::string&) override { return {}; }
  void rename(const std::string&, const std::string&) override {}
  [[nodiscard]] std::string hide(const std::string& name) override {
    store_->with([&](MemoryStore& s) { s.objects.erase(name); });
    return name;
  }
  [[nodiscard]] std::string unhide(const std::string&, const std::string& name) override {
    return name;
  }
  void remove(const std::string& name) override { (void)hide(name); }
  [[nodiscard]] Space space() override {
    return store_->with([](const MemoryStore& s) { return s.space; });
  }
  [[nodiscard]] bool read_only() const override { return read_only_; }
  std::size_t remove_leftovers() override {
    check();
    return 0;
  }
  [[nodiscard]] int change_fd() override { return -1; }
  void drain_changes() override {}

 private:
  void check() const {
    if (look().away) throw Error(ErrorKind::kIo, "asking", "the place is away");
  }

  const std::string name_;
  const bool read_only_;
  const SharedStore store_ = std::make_shared<Guarded<MemoryStore>>();
};

}  // namespace backshelf
