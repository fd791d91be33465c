#include "fs/space_cache.h"

#include "engine/base/error.h"

namespace backshelf {
namespace {

constexpr std::chrono::seconds kFresh{1};

}  // namespace

SpaceCache::SpaceCache(Catalog& catalog, const Clock& clock, Log& log)
    : catalog_(catalog), clock_(clock), log_(log) {}

Space SpaceCache::last() {
  return state_.with([&](State& state) {
    if (clock_.steady() - state.asked >= kFresh) state.wanted = true;
    return state.space;
  });
}

void SpaceCache::refresh_if_wanted() {
  const bool wanted = state_.with([](State& state) { return std::exchange(state.wanted, false); });
  if (!wanted || catalog_.locations().empty()) return;
  try {
    const Space space = catalog_.locations().front()->space();
    state_.with([&](State& state) {
      state.space = space;
      state.asked = clock_.steady();
    });
  } catch (const Error& error) {  // isolation: a location that is away keeps its last figures
    log_.debug(error.what());
  }
}

}  // namespace backshelf
