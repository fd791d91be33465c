#include "engine/catalog/state_key_hints.h"

#include <algorithm>
#include <map>

#include "engine/base/error.h"
#include "engine/base/guarded.h"

namespace backshelf {
namespace {

constexpr const char* kHintsKey = "key_hints";
constexpr std::size_t kMaxHints = 10'000;  // archives that an old key opens; some 400 KiB of state

using Hints = std::map<KeyHints::RootSalt, std::uint32_t>;

Hints parse_hints(const Json& json) {
  Hints hints;
  for (const auto& [text, number] : json.members()) {
    const ByteVec bytes = from_hex(text);
    KeyHints::RootSalt salt;
    if (bytes.size() != salt.size() || number.int_or(-1) < 0) continue;
    std::copy(bytes.begin(), bytes.end(), salt.begin());
    hints[salt] = static_cast<std::uint32_t>(number.int_or(0));
  }
  return hints;
}

Json print_hints(const Hints& hints) {
  Json json = Json::object();
  for (const auto& [salt, number] : hints) json.set(to_hex(salt), std::int64_t{number});
  return json;
}

class StateKeyHints final : public KeyHints {
 public:
  explicit StateKeyHints(StateStore& state)
      : state_(state), hints_(parse_hints(state.member(kHintsKey))) {}

  [[nodiscard]] std::optional<std::uint32_t> find(const RootSalt& salt) const override {
    return hints_.with([&](const Hints& hints) -> std::optional<std::uint32_t> {
      const auto known = hints.find(salt);
      if (known == hints.end()) return std::nullopt;
      return known->second;
    });
  }

  void note(const RootSalt& salt, std::uint32_t number) override {
    try {
      const Hints now = hints_.with([&](Hints& hints) {
        if (hints.size() >= kMaxHints) hints.clear();
        hints[salt] = number;
        return hints;
      });
      state_.update([&](Json& state) { state.set(kHintsKey, print_hints(now)); });
    } catch (const std::exception&) {  // isolation: the next start guesses anew
    }
  }

 private:
  StateStore& state_;
  Guarded<Hints> hints_;
};

}  // namespace

std::unique_ptr<KeyHints> make_state_key_hints(StateStore& state) {
  return std::make_unique<StateKeyHints>(state);
}

}  // namespace backshelf
