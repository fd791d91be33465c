// The reading side of SecureTar: the plaintext of one member, by position.
#pragma once

#include <memory>

#include <string>

#include "engine/securetar/key_source.h"
#include "engine/securetar/mac_chains.h"
#include "engine/stream/block_cache.h"
#include "engine/stream/source.h"

namespace backshelf {

// Plaintext of a sealed member. `member`: exactly the member's bytes (header first).
// v3: random access by the MAC chain, read once (at construction, or with a `hint` when a place
// before it is read; 8 bytes per chunk kept) and continued as far as the bytes go; every chunk is
// authenticated at its position. The last chunk is opened at construction: without its FINAL mark,
// with one too early, or with fewer bytes than the header promises, `end_state()` says
// kTruncated/kDamaged, and reads of what is intact go on (a read that touches a bad or missing
// chunk throws). v1, v2: AES-128-CBC by position, no authentication; v2's size comes from PKCS7,
// checked against the header's hint; v1's from the file: its end is found by the consumer (padding
// bug: see deflate).
class UnsealedSource : public RandomSource {
 public:
  enum class End { kSound, kTruncated, kDamaged };
  [[nodiscard]] virtual End end_state() const = 0;
  [[nodiscard]] virtual std::string end_problem() const = 0;  // empty when sound
  [[nodiscard]] virtual bool authenticated() const = 0;       // v3
  // v3: the MACs of the first chunks, so that they need not be read one by one. Wrong ones cost
  // time only.
  virtual void believe_macs(const std::vector<MacPrefix>& /*prefixes*/) const {}
};

// Throws Error: kTruncated (not even one byte of payload), kDamaged, kIo. `cache` is borrowed and
// keeps decrypted v3 chunks.
[[nodiscard]] std::unique_ptr<UnsealedSource> unseal(std::shared_ptr<const RandomSource> member,
                                                     const SealHeader& header,
                                                     std::shared_ptr<const OpenedKey> key,
                                                     BlockCache& cache,
                                                     const std::optional<TailHint>& hint = {});

}  // namespace backshelf
