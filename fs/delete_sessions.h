// What was unlinked inside backups, until their own folder is removed or the window is over: a part
// of a backup cannot be deleted, and a broken-off `rm -r` loses nothing. Knows no FUSE.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "engine/archive/archive.h"
#include "engine/base/clock.h"
#include "engine/base/guarded.h"
#include "engine/catalog/state_store.h"

namespace backshelf {

// Thread-safe. A backup is named by its slot. Times: the window by the steady clock, the hour after
// a session by the wall clock, which survives a restart in the state ("delete_sessions": {"SLOT":
// seconds since 1970}).
class DeleteSessions {
 public:
  static constexpr std::chrono::seconds kGrudge = std::chrono::hours(1);
  // More than a person deletes one by one; a bound for memory.
  static constexpr std::size_t kMaxHidden = 20'000'000;

  // `state` and `clock` are borrowed.
  DeleteSessions(const Clock& clock, StateStore& state, std::chrono::seconds window);
  DeleteSessions(const DeleteSessions&) = delete;
  DeleteSessions& operator=(const DeleteSessions&) = delete;

  // An unlink or rmdir inside the backup that was refused opens a session too.
  void touch(std::uint32_t slot);
  // `id` vanishes from `parent` until the session ends. Idempotent.
  void hide(std::uint32_t slot, FolderId parent, FolderId id);
  [[nodiscard]] bool is_hidden(std::uint32_t slot, FolderId id) const;
  [[nodiscard]] std::uint32_t hidden_in(std::uint32_t slot, FolderId directory) const;
  [[nodiscard]] bool has_session(std::uint32_t slot) const;
  // Raised whenever a session ends: part of node ids, because a kernel keeps a removed directory
  // dead for ever.
  [[nodiscard]] std::uint32_t epoch(std::uint32_t slot) const;

  // May rmdir of the backup's own folder delete it? `top_entries`: how many entries its root has
  // when nothing is hidden.
  [[nodiscard]] bool may_delete(std::uint32_t slot, std::uint32_t top_entries) const;
  // The backup is gone, or came back: what was known of it is forgotten.
  void forget(std::uint32_t slot);

  // Ends the sessions whose window is over; returns their slots, whose folders must be shown anew.
  [[nodiscard]] std::vector<std::uint32_t> expire();
  // How long until the next session ends; nullopt when there is none.
  [[nodiscard]] std::optional<std::chrono::steady_clock::duration> next_end() const;
  // The daemon stops: every open session ends without deleting.
  void end_all();

 private:
  using Key = std::pair<std::uint32_t, std::uint32_t>;  // of a FolderId
  struct Session {
    std::chrono::steady_clock::time_point last;
    std::set<Key> hidden;
    std::map<Key, std::uint32_t> hidden_in;
  };
  struct Known {
    std::map<std::uint32_t, Session> sessions;
    std::map<std::uint32_t, std::uint32_t> epochs;
    std::map<std::uint32_t, std::int64_t> ended;  // wall clock seconds
    std::size_t hidden = 0;
  };
  static Key key_of(FolderId id) { return {id.slot, id.node}; }
  [[nodiscard]] std::int64_t now_seconds() const;
  void end(Known& known, std::uint32_t slot);
  void save();

  const Clock& clock_;
  StateStore& state_;
  const std::chrono::seconds window_;
  Guarded<Known> known_;
};

}  // namespace backshelf
