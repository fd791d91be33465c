// Entries to the bytes of a PAX tar (libarchive): nanosecond mtimes, long and non-UTF-8 names, big
// ids.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/base/entry.h"
#include "engine/stream/marked_sink.h"

namespace backshelf {

// What the headers that TarWriter makes say of the entry.
[[nodiscard]] Entry as_stored(Entry entry);

class TarWriter {
 public:
  // What a body turned out to be.
  enum class Body {
    kWhole,
    kPadded /* shrank: zeros to the declared size */,
    kCut /* grew: the rest left out */
  };
  struct Stored {
    BodyLocation location;
    Body body = Body::kWhole;
  };

  // Puts the first bytes of a body into the sink by itself and says how many those were.
  using Known = std::function<std::uint64_t()>;

  // `out` is borrowed and told where entries and bodies begin.
  explicit TarWriter(MarkedSink& out);
  ~TarWriter();
  TarWriter(const TarWriter&) = delete;
  TarWriter& operator=(const TarWriter&) = delete;

  // `body` (null: as if empty) yields entry.size bytes; fewer are padded with zeros, more are cut,
  // and the result says so. An Error of the body's source is padded too and reported as kPadded;
  // only kInterrupted, and what `out` throws, pass. Throws Error(kInvalid), with nothing written,
  // when no header can hold the entry. Of a time in the last second before 1970 the fraction is
  // lost (libarchive 3.6 cannot write "-0.5"): see as_stored. With `known`, the body is read only
  // when that does not put all of it.
  Stored add(const Entry& entry, Source* body, const Known& known = {});
  // Two zero blocks, padded to 10240. Returns the tar's size in bytes. Exactly once.
  std::uint64_t finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace backshelf
