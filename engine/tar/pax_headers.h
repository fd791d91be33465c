// The headers of one entry as libarchive writes them: ustar, with a PAX header in front where that
// says too little. For this room only.
#pragma once

#include <memory>

#include "engine/base/bytes.h"
#include "engine/base/entry.h"

namespace backshelf {

// One thread at a time.
class PaxHeaders {
 public:
  PaxHeaders();
  ~PaxHeaders();
  PaxHeaders(const PaxHeaders&) = delete;
  PaxHeaders& operator=(const PaxHeaders&) = delete;

  // All header blocks of the entry; valid until the next call. Throws Error(kInvalid) when none can
  // hold it, Error(kInternal) from then on when the writer is broken.
  [[nodiscard]] ByteView make(const Entry& entry);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The same bytes, made without libarchive, of what most files and folders are: names of printable
// ASCII that leave room, ids and sizes that fit, no time before 1970. False: `headers` is as it
// was.
[[nodiscard]] bool append_ordinary_headers(const Entry& entry, ByteVec& headers);

}  // namespace backshelf
