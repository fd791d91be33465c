// The chain value that a chunk of a v3 member is opened with: from the MACs of all chunks before
// it, or, as long as nothing contradicts, from what an index or a hint said they are.
#pragma once

#include <optional>
#include <vector>

#include "engine/base/guarded.h"
#include "engine/crypto/chunk_cipher.h"
#include "engine/securetar/chunk_layout.h"
#include "engine/stream/source.h"

namespace backshelf {

using MacPrefix = std::array<std::byte, 8>;  // the first bytes of a chunk's MAC

// Where the tail of a member can be opened without knowing what comes before.
struct TailHint {
  std::uint64_t first_chunk = 0;
  MacChain chain{};  // of all chunks before it
};

// Thread-safe. What was said can only cost time: who finds a chunk that does not open calls
// distrust() and tries again.
class MacChains {
 public:
  // Without a hint all MACs are read at once. `member` is borrowed. Throws Error(kTruncated, kIo).
  MacChains(const RandomSource& member, const ChunkLayout& layout,
            const std::optional<TailHint>& hint);

  // Chunks that are wholly there.
  [[nodiscard]] std::uint64_t size() const { return present_; }
  // REQUIRES: chunk < size(). Reads all MACs when nothing was said about that chunk.
  struct Before {
    MacChain chain{};
    bool is_truth = false;  // read from the MACs, not what somebody said
  };
  [[nodiscard]] Before before(std::uint64_t chunk) const;
  // The MACs of the first chunks, as somebody says. Nothing happens when the truth is known.
  void believe(const std::vector<MacPrefix>& prefixes) const;
  // Reads all MACs when they were not read yet: from now on before() says the truth.
  void distrust() const;

 private:
  struct Known {
    std::vector<MacChain> chains;  // of chunks `from` and on
    std::uint64_t from = 0;
    bool read = false;  // the truth
  };
  void read_on(Known& known, std::uint64_t up_to) const;
  void read_all(Known& known) const;

  const RandomSource& member_;
  const ChunkLayout layout_;
  const std::uint64_t present_;
  mutable Guarded<Known> known_;
};

}  // namespace backshelf
