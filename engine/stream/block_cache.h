// Decoded blocks shared by every open archive: bounded in bytes, least recently used goes first,
// one thread decodes a block while the others who want it wait (single-flight).
#pragma once

#include <functional>
#include <memory>

#include "engine/base/bytes.h"

namespace backshelf {

// Thread-safe.
class BlockCache {
 public:
  using Block = std::shared_ptr<const ByteVec>;

  explicit BlockCache(std::uint64_t limit_bytes);  // [cache] memory, 64 MiB by default
  ~BlockCache();
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;

  // A number that no other owner of blocks in this cache has; call drop_owner() when the owner
  // goes.
  [[nodiscard]] std::uint64_t new_owner();
  // The cached block, or the result of `make()` (called without the lock). An exception of make()
  // reaches every waiter and nothing is kept. A block larger than the whole cache is returned and
  // not kept.
  [[nodiscard]] Block get(std::uint64_t owner, std::uint64_t number,
                          const std::function<ByteVec()>& make);
  // `size` bytes for a block to be made: the memory of one that went, whatever stands in it, or new
  // memory, whose pages the kernel clears one by one.
  [[nodiscard]] ByteVec buffer(std::size_t size);
  // Puts a block that was decoded on the way to another one; ignored when present or being made.
  void offer(std::uint64_t owner, std::uint64_t number, ByteVec block);
  void drop_owner(std::uint64_t owner);  // its blocks are wiped, or kept for buffer()
  [[nodiscard]] std::uint64_t bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Fills `out` from `offset` on with blocks of `block_bytes` that `block(number)` lends, of bytes
// that end at `size`: how a source made of such blocks reads. Returns how many bytes that were.
[[nodiscard]] std::size_t read_by_blocks(
    std::uint64_t size, std::uint64_t block_bytes, std::uint64_t offset, ByteSpan out,
    const std::function<BlockCache::Block(std::uint64_t number)>& block);

}  // namespace backshelf
