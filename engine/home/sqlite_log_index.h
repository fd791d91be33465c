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
  LogIndexReader() = default;
  LogIndexReader(const LogIndexReader&) = delete;
  LogIndexReader& operator=(const LogIndexReader&) = delete;
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

  UniqueFd index_;
  std::optional<ReadLock> user_, slot_;
  LogIndexHeader at_;
};

// Keeps away the checkpoints of a program that opened a database in WAL mode after a backup began
// to read it: its commits then go to the log alone. One thread at a time.
class CheckpointStop {
 public:
  CheckpointStop() = default;
  CheckpointStop(const CheckpointStop&) = delete;
  CheckpointStop& operator=(const CheckpointStop&) = delete;
  // Looks whether there is such a program by now; costs an open() until there is. `files` must
  // outlive it. Throws as LogIndexReader does.
  void look(const DatabaseFiles& files);

 private:
  UniqueFd index_;
  std::optional<ReadLock> checkpoint_;
};

}  // namespace backshelf
