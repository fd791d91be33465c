// What can be said of a member, and of a backup. Programs rely on the words (`show
// --json`).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace backshelf {

// In the order of badness: a backup's state is the worst of its members, or one of the last three.
enum class State : std::uint8_t {
  kOk,         // opened; nothing found wrong so far
  kUnchecked,  // not opened yet
  kNeedsKey,
  kWrongKey,
  kUnsupported,
  kTruncated,
  kDamaged,
  kBadMetadata,       // backup only: its backup.json is unusable; members stay readable
  kArchiveTruncated,  // backup only: the outer tar is cut; shown as "truncated" too
  kNotABackup,        // backup only
};

[[nodiscard]] std::string_view name_of(State state);
[[nodiscard]] std::optional<State> state_from_name(std::string_view name);
[[nodiscard]] constexpr State worse(State a, State b) {
  return a < b ? b : a;
}

}  // namespace backshelf
