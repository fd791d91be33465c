#include "engine/catalog/opened_archives.h"

#include <algorithm>

namespace backshelf {

void OpenedArchives::keep(State& state, std::uint32_t slot, const ArchivePtr& archive,
                          std::list<std::pair<std::uint32_t, ArchivePtr>>& dropped) {
  const auto at = std::find_if(state.kept.begin(), state.kept.end(),
                               [slot](const auto& kept) { return kept.first == slot; });
  if (at != state.kept.end()) {
    state.kept.splice(state.kept.begin(), state.kept, at);
  } else {
    state.kept.emplace_front(slot, archive);
  }
  std::uint64_t bytes = 0;
  std::size_t stays = 0;
  for (const auto& [other, open] : state.kept) {
    bytes += open->memory_bytes();
    if (stays > 0 && (bytes > kKeptBytes || stays == kKept)) break;
    ++stays;
  }
  dropped.splice(dropped.end(), state.kept,
                 std::next(state.kept.begin(), static_cast<std::ptrdiff_t>(stays)),
                 state.kept.end());
}

// Nearly every request is about the archive of the one before: nothing moves then.
OpenedArchives::ArchivePtr OpenedArchives::if_last(std::uint32_t slot) const {
  return state_.with([slot](const State& state) -> ArchivePtr {
    const bool same = !state.kept.empty() && state.kept.front().first == slot;
    return same ? state.kept.front().second : nullptr;
  });
}

OpenedArchives::ArchivePtr OpenedArchives::get(std::uint32_t slot,
                                               const std::function<ArchivePtr()>& open) {
  if (ArchivePtr last = if_last(slot)) return last;
  std::list<std::pair<std::uint32_t, ArchivePtr>> dropped;
  std::promise<ArchivePtr> promise;
  std::shared_future<ArchivePtr> other;
  ArchivePtr ready = state_.with([&](State& state) -> ArchivePtr {
    if (ArchivePtr archive = state.used[slot].lock()) {
      keep(state, slot, archive, dropped);
      return archive;
    }
    const auto opening = state.opening.find(slot);
    if (opening != state.opening.end()) {
      other = opening->second;
    } else {
      state.opening.emplace(slot, promise.get_future().share());
    }
    return nullptr;
  });
  if (ready) return ready;
  if (other.valid()) return other.get();
  try {
    ready = open();
  } catch (...) {  // guard: the waiting threads get it too
    state_.with([slot](State& state) { state.opening.erase(slot); });
    promise.set_exception(std::current_exception());
    throw;
  }
  state_.with([&](State& state) {
    state.opening.erase(slot);
    state.used[slot] = ready;
    keep(state, slot, ready, dropped);
  });
  promise.set_value(ready);
  return ready;
}

std::vector<std::pair<std::uint32_t, OpenedArchives::ArchivePtr>> OpenedArchives::all() const {
  std::vector<std::pair<std::uint32_t, ArchivePtr>> open;  // let go without the lock
  state_.with([&](const State& state) {
    for (const auto& [slot, used] : state.used) {
      if (ArchivePtr archive = used.lock()) open.emplace_back(slot, std::move(archive));
    }
  });
  return open;
}

void OpenedArchives::keep_only(const std::set<std::uint32_t>& slots) {
  std::list<std::pair<std::uint32_t, ArchivePtr>> dropped;
  state_.with([&](State& state) {
    for (auto at = state.kept.begin(); at != state.kept.end();) {
      const auto next = std::next(at);
      if (!slots.contains(at->first)) dropped.splice(dropped.end(), state.kept, at);
      at = next;
    }
    std::erase_if(state.used, [](const auto& used) { return used.second.expired(); });
  });
}

}  // namespace backshelf
