// The keys given, or, when none was given and somebody sits at the terminal, the key that is asked
// for at the first encrypted member. So `backshelf ls` of an unencrypted backup asks nothing.
#pragma once

#include <memory>

#include "engine/base/guarded.h"
#include "engine/keys/key_ring.h"

namespace backshelf {

// Thread-safe; asks at most once.
class AskingKeys final : public KeySource {
 public:
  AskingKeys(std::vector<SecretBytes> keys, bool may_ask);
  [[nodiscard]] std::shared_ptr<const OpenedKey> open(const SealHeader& header,
                                                      ByteView start) override;
  [[nodiscard]] std::shared_ptr<const SealKey> seal_key(int version) override;
  [[nodiscard]] std::shared_ptr<const SealKey> seal_key_like(const SealHeader& header,
                                                             ByteView start, int version) override;

 private:
  [[nodiscard]] std::shared_ptr<KeyRing> ring();
  struct State {
    std::shared_ptr<KeyRing> ring;
    bool may_ask = false;
  };
  Guarded<State> state_;
};

}  // namespace backshelf
