// A reader of a database in WAL mode that other programs have open: it holds its log where it is.
#pragma once

#include <memory>
#include <optional>

#include "engine/home/sqlite_files.h"
#include "engine/home/sqlite_locks.h"

namespace backshelf {

// While it lives, and the SHARED lock of the database with it, the log is not started again and a
// checkpoint copies nothing to the database that is younger than at(); or, when the whole log had
// been copied, nothing at all. It writes nothing, and creates no file. One thread at a time.
class LogIndexReader {
 public:
  enum class State {
    kReady,   // it holds the log
    kUnused,  // nobody has the database open in this mode
    kBusy,    // it changed at that moment: try again
  };
  // REQUIRES: the caller holds, and goes on holding, the database's SHARED lock. `files` must
  // outlive the reader. Throws Error when the index cannot be read or locked.
  [[nodiscard]] State begin(const DatabaseFiles& files);

  [[nodiscard]] const LogIndexHeader& at() const { return at_; }  // REQUIRES: kReady
  // The database alone holds all of it: the log must not be read, and may be started again.
  [[nodiscard]] bool is_copied() const { return at_.backfilled == at_.frames; }
  // As it is now; nullopt: it was being written each time.
  [[nodiscard]] std::optional<LogIndexHeader> now() const;

 private:
  [[nodiscard]] bool take_slot();
  [[nodiscard]] std::optional<LogIndexHeader> read() const;

  UniqueFd index_;
  std::optional<ReadLock> user_, slot_;
  LogIndexHeader at_;
};

}  // namespace backshelf
