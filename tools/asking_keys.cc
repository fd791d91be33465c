#include "tools/asking_keys.h"

#include "tools/terminal.h"

namespace backshelf {

AskingKeys::AskingKeys(std::vector<SecretBytes> keys, bool may_ask) {
  state_.with([&](State& state) {
    state.may_ask = may_ask && keys.empty();
    state.ring = KeyRing::make(std::move(keys));
  });
}

std::shared_ptr<KeyRing> AskingKeys::ring() {
  return state_.with([](State& state) {
    if (state.may_ask) {
      state.may_ask = false;
      const SecretBytes typed = ask_secret("Key of this backup (it is not shown): ");
      if (!typed.empty()) state.ring = KeyRing::make(parse_key_text(typed.view(), "the key typed"));
    }
    return state.ring;
  });
}

std::shared_ptr<const OpenedKey> AskingKeys::open(const SealHeader& header, ByteView start) {
  return ring()->open(header, start);
}

// Never asks: a new archive is sealed with the configured key.
std::shared_ptr<const SealKey> AskingKeys::seal_key(int version) {
  return state_.with([](State& state) { return state.ring; })->seal_key(version);
}

std::shared_ptr<const SealKey> AskingKeys::seal_key_like(const SealHeader& header, ByteView start,
                                                         int version) {
  return ring()->seal_key_like(header, start, version);
}

}  // namespace backshelf
