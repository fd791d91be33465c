// The writing side of SecureTar, v2 and v3: plaintext in, one sealed member out, streaming.
#pragma once

#include <memory>
#include <vector>

#include "engine/securetar/key_source.h"
#include "engine/securetar/mac_chains.h"
#include "engine/stream/source.h"

namespace backshelf {

// Writes header (size 0), then the sealed bytes, to `below`. Derivation salt (v3) or salt (v2) and
// stream header are fresh.
class SealSink : public Sink {
 public:
  // v3: of the chunks written so far; v2: none.
  [[nodiscard]] virtual const std::vector<MacPrefix>& macs() const = 0;
  // As it was written before the stream: final but for its size.
  [[nodiscard]] virtual ByteView header() const = 0;
  struct Sealed {
    std::uint64_t plain_size = 0;
    std::uint64_t sealed_size = 0;  // header included
    ByteVec header;  // the final header bytes: patch them over the first header.size() bytes of the
                     // member
  };
  // Exactly once, after the last write: the FINAL chunk or the padding.
  [[nodiscard]] virtual Sealed finish() = 0;
};

[[nodiscard]] std::unique_ptr<SealSink> seal(Sink& below, std::shared_ptr<const SealKey> key);

}  // namespace backshelf
