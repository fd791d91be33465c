#include "fs/delete_sessions.h"

#include <charconv>
#include <map>
#include <set>

#include "engine/base/error.h"
#include "engine/base/guarded.h"

namespace backshelf {
namespace {

constexpr char kDeleting[] = "deleting";
// In the state: {"SLOT": seconds since 1970 at which a session ended without deleting}.
constexpr char kStateKey[] = "delete_sessions";
constexpr std::chrono::seconds kGrudge = std::chrono::hours(1);
// Many more than the entries of a real backup; a bound for memory.
constexpr std::size_t kMaxHidden = 20'000'000;

using EntryKey = std::pair<std::uint32_t, std::uint32_t>;  // of a FolderId

EntryKey key_of(FolderId id) {
  return {id.slot, id.node};
}

class DeleteSessionsImpl final : public DeleteSessions {
 public:
  explicit DeleteSessionsImpl(Parts parts) : parts_(parts) {
    const Json content = parts_.state.read();
    known_.with([&](Known& known) {
      for (const auto& [name, value] : content[kStateKey].members()) {
        std::uint32_t slot = 0;
        const auto parsed = std::from_chars(name.data(), name.data() + name.size(), slot);
        if (parsed.ec == std::errc{}) known.ended[slot] = value.int_or(0);
      }
    });
  }

  void hide(std::uint32_t slot, FolderId entry) override {
    refuse_inside(slot);
    const bool opened = known_.with([&](Known& known) {
      if (known.hidden >= kMaxHidden) {
        throw Error(ErrorKind::kNoSpace, kDeleting, "too many entries are being deleted at once",
                    "rmdir the backup's own folder");
      }
      const bool fresh = touch(known, slot);
      if (known.sessions[slot].hidden.insert(key_of(entry)).second) ++known.hidden;
      return fresh;
    });
    if (opened) save();
  }

  void refuse_inside(std::uint32_t slot) override {
    refuse_denied();
    if (parts_.policy != DeletePolicy::kRmdirOnly) return;
    touch(slot);
    throw Error(ErrorKind::kReadOnly, kDeleting, "entries of a backup cannot be deleted",
                "rmdir the backup's own folder");
  }

  void touch(std::uint32_t slot) override {
    if (parts_.policy == DeletePolicy::kDeny) return;
    if (known_.with([&](Known& known) { return touch(known, slot); })) save();
  }

  [[nodiscard]] bool is_open(std::uint32_t slot) const override {
    return known_.with([&](const Known& known) { return known.sessions.count(slot) != 0; });
  }

  [[nodiscard]] bool is_hidden(std::uint32_t slot, FolderId entry) const override {
    return known_.with([&](const Known& known) {
      const auto session = known.sessions.find(slot);
      return session != known.sessions.end() && session->second.hidden.count(key_of(entry)) != 0;
    });
  }

  [[nodiscard]] bool must_be_empty(std::uint32_t slot) const override {
    refuse_denied();
    const std::int64_t now = now_seconds();
    return known_.with([&](const Known& known) {
      if (known.sessions.count(slot) != 0) return true;
      const auto ended = known.ended.find(slot);
      // A clock that was set back must not make the hour longer.
      return ended != known.ended.end() && now >= ended->second &&
             now - ended->second < kGrudge.count();
    });
  }

  void forget(std::uint32_t slot) override {
    const bool changed = known_.with([&](Known& known) {
      const bool open = drop(known, slot);
      // A folder that comes back by undelete is another one: the kernel buried this one's node.
      ++known.epochs[slot];
      return known.ended.erase(slot) != 0 || open;
    });
    if (changed) save();
  }

  [[nodiscard]] std::uint32_t epoch(std::uint32_t slot) const override {
    return known_.with([&](const Known& known) -> std::uint32_t {
      const auto epoch = known.epochs.find(slot);
      return epoch == known.epochs.end() ? 0 : epoch->second;
    });
  }

  std::vector<std::uint32_t> expire() override {
    const auto now = parts_.clock.steady();
    std::vector<std::uint32_t> over;
    known_.with([&](Known& known) {
      for (const auto& [slot, session] : known.sessions) {
        if (now - session.last >= parts_.window) over.push_back(slot);
      }
      for (const std::uint32_t slot : over) end(known, slot);
    });
    if (!over.empty()) save();
    return over;
  }

  void end_all() override {
    const bool any = known_.with([&](Known& known) {
      const bool open = !known.sessions.empty();
      while (!known.sessions.empty()) end(known, known.sessions.begin()->first);
      return open;
    });
    if (any) save();
  }

 private:
  struct Session {
    std::chrono::steady_clock::time_point last;
    std::set<EntryKey> hidden;
  };
  struct Known {
    std::map<std::uint32_t, Session> sessions;
    std::map<std::uint32_t, std::uint32_t> epochs;
    std::map<std::uint32_t, std::int64_t> ended;
    std::size_t hidden = 0;  // of all sessions
  };

  void refuse_denied() const {
    if (parts_.policy != DeletePolicy::kDeny) return;
    throw Error(ErrorKind::kNotPermitted, kDeleting, "deleting through the mount is switched off",
                "use `backshelf delete` on the command line");
  }

  [[nodiscard]] std::int64_t now_seconds() const {
    return std::chrono::duration_cast<std::chrono::seconds>(parts_.clock.now().time_since_epoch())
        .count();
  }

  // Whether this opened the session.
  bool touch(Known& known, std::uint32_t slot) {
    const auto [session, fresh] = known.sessions.try_emplace(slot);
    session->second.last = parts_.clock.steady();
    return fresh;
  }

  static bool drop(Known& known, std::uint32_t slot) {
    const auto session = known.sessions.find(slot);
    if (session == known.sessions.end()) return false;
    known.hidden -= session->second.hidden.size();
    known.sessions.erase(session);
    return true;
  }

  void end(Known& known, std::uint32_t slot) {
    if (!drop(known, slot)) return;
    ++known.epochs[slot];
    known.ended[slot] = now_seconds();
    parts_.log.info(concat("a delete inside backup ", slot,
                           " was broken off; everything in it is shown again"));
  }

  // Open ones too, as if they ended now: what a crash interrupts was not confirmed either.
  void save() {
    const std::int64_t now = now_seconds();
    const auto ended = known_.with([&](Known& known) {
      std::erase_if(known.ended,
                    [&](const auto& one) { return now - one.second >= kGrudge.count(); });
      auto all = known.ended;
      for (const auto& [slot, session] : known.sessions) all[slot] = now;
      return all;
    });
    try {
      parts_.state.update([&](Json& content) {
        Json kept = Json::object();
        for (const auto& [slot, seconds] : ended) kept.set(std::to_string(slot), Json(seconds));
        content.set(kStateKey, std::move(kept));
      });
    } catch (const Error& error) {  // isolation: the sessions of this daemon hold without it
      parts_.log.warning(concat("delete sessions are not saved: ", error.what()));
    }
  }

  const Parts parts_;
  Guarded<Known> known_;
};

}  // namespace

std::unique_ptr<DeleteSessions> DeleteSessions::make(Parts parts) {
  return std::make_unique<DeleteSessionsImpl>(parts);
}

}  // namespace backshelf
