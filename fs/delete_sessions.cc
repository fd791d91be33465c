#include "fs/delete_sessions.h"

#include <charconv>

#include "engine/base/error.h"

namespace backshelf {
namespace {

constexpr char kStateKey[] = "delete_sessions";

}  // namespace

DeleteSessions::DeleteSessions(const Clock& clock, StateStore& state, std::chrono::seconds window)
    : clock_(clock), state_(state), window_(window) {
  const Json content = state_.read();
  known_.with([&](Known& known) {
    for (const auto& [name, value] : content[kStateKey].members()) {
      std::uint32_t slot = 0;
      const auto parsed = std::from_chars(name.data(), name.data() + name.size(), slot);
      if (parsed.ec == std::errc{}) known.ended[slot] = value.int_or(0);
    }
  });
}

std::int64_t DeleteSessions::now_seconds() const {
  return std::chrono::duration_cast<std::chrono::seconds>(clock_.now().time_since_epoch()).count();
}

void DeleteSessions::touch(std::uint32_t slot) {
  known_.with([&](Known& known) { known.sessions[slot].last = clock_.steady(); });
}

void DeleteSessions::hide(std::uint32_t slot, FolderId parent, FolderId id) {
  known_.with([&](Known& known) {
    if (known.hidden >= kMaxHidden) {
      throw Error(ErrorKind::kNoSpace, "deleting", "too many entries are being deleted at once",
                  "remove the whole folder with rmdir");
    }
    Session& session = known.sessions[slot];
    session.last = clock_.steady();
    if (!session.hidden.insert(key_of(id)).second) return;
    ++session.hidden_in[key_of(parent)];
    ++known.hidden;
  });
}

bool DeleteSessions::is_hidden(std::uint32_t slot, FolderId id) const {
  return known_.with([&](const Known& known) {
    const auto session = known.sessions.find(slot);
    return session != known.sessions.end() && session->second.hidden.count(key_of(id)) != 0;
  });
}

std::uint32_t DeleteSessions::hidden_in(std::uint32_t slot, FolderId directory) const {
  return known_.with([&](const Known& known) -> std::uint32_t {
    const auto session = known.sessions.find(slot);
    if (session == known.sessions.end()) return 0;
    const auto count = session->second.hidden_in.find(key_of(directory));
    return count == session->second.hidden_in.end() ? 0 : count->second;
  });
}

bool DeleteSessions::has_session(std::uint32_t slot) const {
  return known_.with([&](const Known& known) { return known.sessions.count(slot) != 0; });
}

std::uint32_t DeleteSessions::epoch(std::uint32_t slot) const {
  return known_.with([&](const Known& known) -> std::uint32_t {
    const auto epoch = known.epochs.find(slot);
    return epoch == known.epochs.end() ? 0 : epoch->second;
  });
}

bool DeleteSessions::may_delete(std::uint32_t slot, std::uint32_t top_entries) const {
  const std::int64_t now = now_seconds();
  return known_.with([&](const Known& known) {
    const auto session = known.sessions.find(slot);
    if (session != known.sessions.end()) {
      const auto hidden = session->second.hidden_in.find(key_of(Archive::kRoot));
      return hidden != session->second.hidden_in.end() && hidden->second >= top_entries;
    }
    const auto ended = known.ended.find(slot);
    // A clock that was set back must not make the hour longer.
    const bool grudge =
        ended != known.ended.end() && now >= ended->second && now - ended->second < kGrudge.count();
    return !grudge;
  });
}

void DeleteSessions::end(Known& known, std::uint32_t slot) {
  const auto session = known.sessions.find(slot);
  if (session == known.sessions.end()) return;
  known.hidden -= session->second.hidden.size();
  known.sessions.erase(session);
  ++known.epochs[slot];
  known.ended[slot] = now_seconds();
}

void DeleteSessions::forget(std::uint32_t slot) {
  const bool changed = known_.with([&](Known& known) {
    const auto session = known.sessions.find(slot);
    if (session != known.sessions.end()) {
      known.hidden -= session->second.hidden.size();
      known.sessions.erase(session);
      ++known.epochs[slot];
    }
    return known.ended.erase(slot) != 0;
  });
  if (changed) save();
}

std::vector<std::uint32_t> DeleteSessions::expire() {
  const auto now = clock_.steady();
  std::vector<std::uint32_t> over;
  known_.with([&](Known& known) {
    for (const auto& [slot, session] : known.sessions) {
      if (now - session.last >= window_) over.push_back(slot);
    }
    for (const std::uint32_t slot : over) end(known, slot);
  });
  if (!over.empty()) save();
  return over;
}

std::optional<std::chrono::steady_clock::duration> DeleteSessions::next_end() const {
  const auto now = clock_.steady();
  return known_.with([&](const Known& known) {
    std::optional<std::chrono::steady_clock::duration> next;
    for (const auto& [slot, session] : known.sessions) {
      const auto left =
          std::max(session.last + window_ - now, std::chrono::steady_clock::duration::zero());
      if (!next || left < *next) next = left;
    }
    return next;
  });
}

void DeleteSessions::end_all() {
  const bool any = known_.with([&](Known& known) {
    const bool open = !known.sessions.empty();
    while (!known.sessions.empty()) end(known, known.sessions.begin()->first);
    return open;
  });
  if (any) save();
}

void DeleteSessions::save() {
  const std::int64_t now = now_seconds();
  const auto ended = known_.with([&](Known& known) {
    std::erase_if(known.ended,
                  [&](const auto& one) { return now - one.second >= kGrudge.count(); });
    return known.ended;
  });
  state_.update([&](Json& content) {
    Json kept = Json::object();
    for (const auto& [slot, seconds] : ended) kept.set(std::to_string(slot), Json(seconds));
    content.set(kStateKey, std::move(kept));
  });
}

}  // namespace backshelf
