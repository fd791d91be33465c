// The handles that the kernel holds open. It names them by their address; those it never releases
// (the mount was ended by force) end with the table.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "engine/base/guarded.h"

namespace backshelf {

// Thread-safe.
template <typename Handle>
class HandleTable {
 public:
  std::uint64_t add(std::unique_ptr<Handle> handle) {
    const auto key = reinterpret_cast<std::uint64_t>(handle.get());
    handles_.with([&](Handles& handles) { handles.emplace(key, std::move(handle)); });
    return key;
  }
  void remove(std::uint64_t key) {
    // Ends outside the lock: the end of an upload takes its time.
    const auto ended = handles_.with([key](Handles& handles) { return handles.extract(key); });
  }
  // REQUIRES: added and not removed; the kernel sends no request on a handle after its release.
  [[nodiscard]] static Handle& get(std::uint64_t key) { return *reinterpret_cast<Handle*>(key); }

 private:
  using Handles = std::unordered_map<std::uint64_t, std::unique_ptr<Handle>>;
  Guarded<Handles> handles_;
};

}  // namespace backshelf
