#include "engine/archive/state.h"

#include <array>
#include <utility>

namespace backshelf {
namespace {

// kArchiveTruncated reads as kTruncated, so that the word has one first meaning when parsed.
constexpr std::array<std::pair<State, std::string_view>, 10> kNames = {{
    {State::kOk, "ok"},
    {State::kUnchecked, "unchecked"},
    {State::kNeedsKey, "needs-key"},
    {State::kWrongKey, "wrong-key"},
    {State::kUnsupported, "unsupported"},
    {State::kTruncated, "truncated"},
    {State::kDamaged, "damaged"},
    {State::kBadMetadata, "bad-metadata"},
    {State::kArchiveTruncated, "truncated"},
    {State::kNotABackup, "not-a-backup"},
}};

}  // namespace

std::string_view name_of(State state) {
  for (const auto& [value, name] : kNames) {
    if (value == state) return name;
  }
  return "unchecked";
}

std::optional<State> state_from_name(std::string_view name) {
  for (const auto& [value, text] : kNames) {
    if (text == name) return value;
  }
  return std::nullopt;
}

}  // namespace backshelf
