// One file being copied in, as uploads.cc keeps it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/guarded.h"
#include "engine/location/location.h"
#include "fs/uploads.h"

namespace backshelf {

[[nodiscard]] inline std::string upload_context(const std::string& name) {
  return concat("upload of '", name, "'");
}

// One file being copied in. It outlives publication while handles are open on it. Locks: `state`
// before `shown`.
struct Upload {
  // What the writing stands on. Publishing holds it for as long as the disk needs.
  struct State {
    std::string name;
    std::unique_ptr<StagedObject> object;           // null once published or dropped
    std::shared_ptr<const RandomSource> published;  // what it became
    bool changed = false;                           // since it was last checked
    bool mtime_given = false;                       // by utimens: writing does not move it any more
    std::optional<Error> refused;  // what the last check said, until it is written to again
    Timestamp mtime;
  };
  // What lists and lookups ask for: held for moments only.
  struct Shown {
    std::string name;
    std::uint64_t size = 0;
    Timestamp mtime;
    bool staged = true;  // neither published nor dropped
    unsigned handles = 0;
    std::chrono::steady_clock::time_point touched;
  };
  std::uint64_t id = 0;
  std::string place, location;
  Guarded<State> state;
  Guarded<Shown> shown;
};
using UploadPtr = std::shared_ptr<Upload>;

// After every change of `state`, which the caller holds.
inline void show(Upload& upload, const Upload::State& state) {
  upload.shown.with([&](Upload::Shown& shown) {
    shown.name = state.name;
    shown.size = state.object      ? state.object->size()
                 : state.published ? state.published->size()
                                   : 0;
    shown.mtime = state.mtime;
    shown.staged = state.object != nullptr;
  });
}

[[nodiscard]] inline UploadInfo info_of(const Upload& upload) {
  return upload.shown.with([&](const Upload::Shown& shown) {
    return UploadInfo{upload.id, shown.name, shown.size, shown.mtime};
  });
}

}  // namespace backshelf
