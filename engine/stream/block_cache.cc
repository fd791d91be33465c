#include "engine/stream/block_cache.h"

#include <strings.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <list>
#include <map>
#include <optional>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/guarded.h"

namespace backshelf {
namespace {

using Key = std::pair<std::uint64_t, std::uint64_t>;  // owner, number

void wipe_bytes(ByteVec& bytes) {
  bytes.resize(bytes.capacity());  // what a longer block left behind a shorter one
  if (!bytes.empty()) explicit_bzero(bytes.data(), bytes.size());
}

// The memory of blocks that went, for the next ones. Decoded blocks are plaintext of secrets: what
// is not kept here is wiped when the last reader lets go. Thread-safe.
class SpareBlocks {
 public:
  SpareBlocks() {
    spare_.with([](std::vector<ByteVec>& spare) { spare.reserve(kMost); });  // give() never throws
  }
  SpareBlocks(const SpareBlocks&) = delete;
  SpareBlocks& operator=(const SpareBlocks&) = delete;
  ~SpareBlocks() {
    spare_.with(
        [](std::vector<ByteVec>& spare) { std::for_each(spare.begin(), spare.end(), wipe_bytes); });
  }

  void give(ByteVec bytes) {
    const bool kept = spare_.with([&](std::vector<ByteVec>& spare) {
      if (spare.size() >= kMost || bytes.size() < kLeastBytes || bytes.size() > kMostBytes) {
        return false;
      }
      spare.push_back(std::move(bytes));
      return true;
    });
    if (!kept) wipe_bytes(bytes);
  }
  [[nodiscard]] ByteVec take(std::size_t size) {
    ByteVec taken = spare_.with([&](std::vector<ByteVec>& spare) {
      const auto fits = std::find_if(spare.begin(), spare.end(), [&](const ByteVec& one) {
        return one.capacity() >= size && one.capacity() <= size + size / 4;
      });
      if (fits == spare.end() || size < kLeastBytes) return ByteVec();
      ByteVec found = std::move(*fits);
      spare.erase(fits);
      return found;
    });
    taken.resize(size);
    return taken;
  }

 private:
  static constexpr std::size_t kMost =
      6;  // a few for each core; the cache's limit does not count them
  static constexpr std::size_t kLeastBytes = 128 * kKiB;  // smaller ones are cheap to make
  static constexpr std::size_t kMostBytes = 2 * kMiB;
  Guarded<std::vector<ByteVec>> spare_;
};

BlockCache::Block make_block(ByteVec bytes, const std::shared_ptr<SpareBlocks>& spare) {
  return {new ByteVec(std::move(bytes)), [spare](const ByteVec* block) {
            auto* const owned = const_cast<ByteVec*>(block);
            spare->give(std::move(*owned));
            delete owned;
          }};
}

struct Making {
  bool done = false;
  BlockCache::Block block;
  // Copied for everyone: an exception object shared by threads is destroyed by the last of them.
  std::optional<Error> error;
  std::exception_ptr failure;  // anything else

  void rethrow() const {
    if (error) throw Error(*error);
    if (failure) std::rethrow_exception(failure);
  }
};

}  // namespace

struct BlockCache::State {
  struct Slot {
    Key key;
    Block block;
  };
  struct Content {
    std::list<Slot> used;  // most recently used first
    std::map<Key, std::list<Slot>::iterator> slots;
    std::map<Key, std::shared_ptr<Making>> making;
    std::uint64_t bytes = 0;
    std::uint64_t next_owner = 1;
  };

  explicit State(std::uint64_t limit_bytes) : limit(limit_bytes) {}

  static Block find(Content& content, const Key& key) {
    const auto slot = content.slots.find(key);
    if (slot == content.slots.end()) return nullptr;
    content.used.splice(content.used.begin(), content.used, slot->second);
    return slot->second->block;
  }

  // What is thrown out is destroyed by the caller, after the lock is released.
  [[nodiscard]] std::vector<Block> keep(Content& content, const Key& key,
                                        const Block& block) const {
    std::vector<Block> dropped;
    if (block->size() > limit || content.slots.contains(key)) return dropped;
    content.used.push_front({key, block});
    content.slots[key] = content.used.begin();
    content.bytes += block->size();
    while (content.bytes > limit) {
      Slot& last = content.used.back();
      content.bytes -= last.block->size();
      dropped.push_back(std::move(last.block));
      content.slots.erase(last.key);
      content.used.pop_back();
    }
    return dropped;
  }

  const std::uint64_t limit;
  const std::shared_ptr<SpareBlocks> spare = std::make_shared<SpareBlocks>();
  Guarded<Content> shared;
};

BlockCache::BlockCache(std::uint64_t limit_bytes) : state_(std::make_unique<State>(limit_bytes)) {}
BlockCache::~BlockCache() = default;

std::uint64_t BlockCache::new_owner() {
  return state_->shared.with([](State::Content& content) { return content.next_owner++; });
}

BlockCache::Block BlockCache::get(std::uint64_t owner, std::uint64_t number,
                                  const std::function<ByteVec()>& make) {
  const Key key{owner, number};
  std::shared_ptr<Making> making;
  bool mine = false;
  Block found = state_->shared.with([&](State::Content& content) {
    Block block = State::find(content, key);
    if (block) return block;
    std::shared_ptr<Making>& slot = content.making[key];
    if (!slot) {
      slot = std::make_shared<Making>();
      mine = true;
    }
    making = slot;
    return block;
  });
  if (found) return found;
  if (!mine) {
    state_->shared.wait([&](const State::Content&) { return making->done; },
                        [](State::Content&) {});
    making->rethrow();
    return making->block;
  }
  Block block;
  std::optional<Error> error;
  std::exception_ptr failure;
  try {
    block = make_block(make(), state_->spare);
  } catch (const Error& problem) {  // isolation: told to every waiter
    error = problem;
  } catch (...) {  // isolation: one pool task, told to every waiter
    failure = std::current_exception();
  }
  const std::vector<Block> dropped = state_->shared.with([&](State::Content& content) {
    making->block = block;
    making->error = error;
    making->failure = failure;
    making->done = true;
    content.making.erase(key);
    return block ? state_->keep(content, key, block) : std::vector<Block>();
  });
  state_->shared.notify_all();
  making->rethrow();
  return block;
}

ByteVec BlockCache::buffer(std::size_t size) {
  return state_->spare->take(size);
}

void BlockCache::offer(std::uint64_t owner, std::uint64_t number, ByteVec bytes) {
  const Key key{owner, number};
  const Block block = make_block(std::move(bytes), state_->spare);
  const std::vector<Block> dropped = state_->shared.with([&](State::Content& content) {
    if (content.making.contains(key)) return std::vector<Block>();
    return state_->keep(content, key, block);
  });
}

void BlockCache::drop_owner(std::uint64_t owner) {
  std::vector<Block> dropped;
  state_->shared.with([&](State::Content& content) {
    auto slot = content.slots.lower_bound({owner, 0});
    while (slot != content.slots.end() && slot->first.first == owner) {
      content.bytes -= slot->second->block->size();
      dropped.push_back(std::move(slot->second->block));
      content.used.erase(slot->second);
      slot = content.slots.erase(slot);
    }
  });
}

std::uint64_t BlockCache::bytes() const {
  return state_->shared.with([](const State::Content& content) { return content.bytes; });
}

std::size_t read_by_blocks(std::uint64_t size, std::uint64_t block_bytes, std::uint64_t offset,
                           ByteSpan out,
                           const std::function<BlockCache::Block(std::uint64_t number)>& block) {
  if (offset >= size) return 0;
  ByteSpan rest =
      out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size - offset)));
  const std::size_t wanted = rest.size();
  while (!rest.empty()) {
    const BlockCache::Block lent = block(offset / block_bytes);
    const auto inside = static_cast<std::size_t>(offset % block_bytes);
    const std::size_t count = std::min(rest.size(), lent->size() - inside);
    std::copy_n(lent->begin() + static_cast<std::ptrdiff_t>(inside), count, rest.begin());
    rest = rest.subspan(count);
    offset += count;
  }
  return wanted;
}

}  // namespace backshelf
