// One file being copied in, as uploads.cc keeps it.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "engine/base/guarded.h"
#include "engine/location/location.h"
#include "fs/uploads.h"

namespace backshelf {

[[nodiscard]] inline std::string upload_context(const std::string& name) {
  return concat("upload of '", name, "'");
}

// One file being copied in. Its state outlives publication while handles are open on it.
struct Upload {
  struct State {
    std::string name;
    std::unique_ptr<StagedObject> object;           // null once published or dropped
    std::shared_ptr<const RandomSource> published;  // what it became
    unsigned handles = 0;
    bool changed = false;      // since it was last checked
    bool mtime_given = false;  // by utimens: writing does not move it any more
    Timestamp mtime;
    std::chrono::steady_clock::time_point touched;
  };
  std::uint64_t id = 0;
  std::string place, location;
  Guarded<State> state;
};
using UploadPtr = std::shared_ptr<Upload>;

[[nodiscard]] inline UploadInfo info_of(const Upload& upload) {
  return upload.state.with([&](const Upload::State& state) {
    const std::uint64_t size = state.object      ? state.object->size()
                               : state.published ? state.published->size()
                                                 : 0;
    return UploadInfo{upload.id, state.name, size, state.mtime};
  });
}

}  // namespace backshelf
