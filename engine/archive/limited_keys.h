// The keys as one archive may use them: each refusal costs a slow derivation, and a hostile archive
// asks for thousands. Part of engine/archive.
#pragma once

#include <set>
#include <tuple>

#include "engine/base/guarded.h"
#include "engine/securetar/key_source.h"

namespace backshelf {

// Thread-safe. After a few refusals that have nothing in common, what no member has been opened
// with is a wrong key without a try.
class LimitedKeys final : public KeySource {
 public:
  // All members that Home Assistant writes into one archive share one root salt.
  static constexpr std::size_t kMaxRefusedSalts = 4;
  static constexpr std::size_t kMaxRefusals = 16;  // damaged headers of one root salt

  // `keys` is borrowed.
  explicit LimitedKeys(KeySource& keys) : keys_(keys) {}
  [[nodiscard]] std::shared_ptr<const OpenedKey> open(const SealHeader& header,
                                                      ByteView start) override;
  [[nodiscard]] std::shared_ptr<const SealKey> seal_key(int version) override;
  [[nodiscard]] std::shared_ptr<const SealKey> seal_key_like(const SealHeader& header,
                                                             ByteView start, int version) override;

 private:
  using Salt = std::array<std::byte, 16>;
  using Check = std::tuple<Salt, Salt, std::array<std::byte, 32>>;
  struct Seen {
    std::set<Salt> opened, refused_salts;
    std::set<Check> refused;
  };
  [[nodiscard]] static bool has_tries_left(const Seen& seen, const SealHeader& header);

  KeySource& keys_;
  Guarded<Seen> seen_;
};

}  // namespace backshelf
