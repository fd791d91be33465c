// Which entries of which backup are taken away for the moment: `rm -r` removes file by file, and
// only the rmdir of the backup's own folder at its end means the backup (tools/backshelf.1,
// DELETING).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/archive/archive.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/catalog/state_store.h"

namespace backshelf {

enum class DeletePolicy { kTwoPhase, kRmdirOnly, kDeny };

// Thread-safe; remembers in memory, and in the state only what must outlive the daemon. Knows
// backups by their slot. Decides nothing about protection: the caller asks the catalogue first.
class DeleteSessions {
 public:
  struct Parts {
    StateStore& state;
    const Clock& clock;
    Log& log;
    DeletePolicy policy = DeletePolicy::kTwoPhase;
    std::chrono::seconds window = std::chrono::seconds(60);
  };
  [[nodiscard]] static std::unique_ptr<DeleteSessions> make(Parts parts);
  virtual ~DeleteSessions() = default;  // open sessions count as broken off

  // An unlink, or an rmdir that found nothing visible in its directory: opens or prolongs the
  // session and hides the entry. Throws Error: kReadOnly by kRmdirOnly (the session opens all the
  // same), kNotPermitted by kDeny (no session), kNoSpace when a session would hold too many.
  virtual void hide(std::uint32_t slot, FolderId entry) = 0;
  // An attempt that was refused (protected, not empty): opens or prolongs the session; by kDeny
  // nothing. Never throws.
  // Throws what hide() throws by policy alone; kReadOnly opens the session too.
  virtual void refuse_inside(std::uint32_t slot) = 0;
  virtual void touch(std::uint32_t slot) = 0;

  [[nodiscard]] virtual bool is_open(std::uint32_t slot) const = 0;
  [[nodiscard]] virtual bool is_hidden(std::uint32_t slot, FolderId entry) const = 0;
  // Whether an rmdir of the backup's own folder counts only when nothing in it is visible: a
  // session is open, or one ended without deleting less than an hour ago (also before a restart).
  // Throws kNotPermitted by kDeny.
  [[nodiscard]] virtual bool must_be_empty(std::uint32_t slot) const = 0;
  // The backup is gone: its session and every memory of it go too.
  virtual void forget(std::uint32_t slot) = 0;

  // Raised each time a session of this backup ends without deleting, so that the kernel's dead
  // inodes are not met again (see node_id.h). 0 at first.
  [[nodiscard]] virtual std::uint32_t epoch(std::uint32_t slot) const = 0;
  // Ends the sessions whose window has passed; returns their slots.
  virtual std::vector<std::uint32_t> expire() = 0;
  // Ends all: the daemon stops.
  virtual void end_all() = 0;
};

}  // namespace backshelf
