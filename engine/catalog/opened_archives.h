// Archives that are open: shared by all who read them, a few kept beyond, each opened once; part of
// engine/catalog only.
#pragma once

#include <functional>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "engine/archive/archive.h"
#include "engine/base/guarded.h"

namespace backshelf {

// Thread-safe. Backups are told apart by their slots.
class OpenedArchives {
 public:
  using ArchivePtr = std::shared_ptr<Archive>;

  // The open archive, or the result of `open()`, which is called without a lock by one thread while
  // the others wait. Its exception reaches all of them.
  [[nodiscard]] ArchivePtr get(std::uint32_t slot, const std::function<ArchivePtr()>& open);
  // All that somebody uses or that are kept.
  [[nodiscard]] std::vector<std::pair<std::uint32_t, ArchivePtr>> all() const;
  // Those not in `slots` are kept only as long as somebody else uses them: an open file would hold
  // the space of a removed archive.
  void keep_only(const std::set<std::uint32_t>& slots);

 private:
  // A few: an open archive holds the trees and checkpoints of the members that were looked into.
  static constexpr std::size_t kKept = 8;
  static constexpr std::uint64_t kKeptBytes = 32 * kMiB;  // of all but the last used
  struct State {
    std::list<std::pair<std::uint32_t, ArchivePtr>> kept;  // most recently used first
    std::map<std::uint32_t, std::weak_ptr<Archive>> used;
    std::map<std::uint32_t, std::shared_future<ArchivePtr>> opening;
  };
  [[nodiscard]] ArchivePtr if_last(std::uint32_t slot) const;
  // Moves it to the front. What falls out is handed to the caller, who lets it go without the lock:
  // closing may take time.
  static void keep(State& state, std::uint32_t slot, const ArchivePtr& archive,
                   std::list<std::pair<std::uint32_t, ArchivePtr>>& dropped);
  Guarded<State> state_;
};

}  // namespace backshelf
