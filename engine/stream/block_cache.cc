#include "engine/stream/block_cache.h"

#include <strings.h>

#include <cstring>
#include <exception>
#include <list>
#include <map>
#include <utility>

#include "engine/base/guarded.h"

namespace backshelf {
namespace {

using Key = std::pair<std::uint64_t, std::uint64_t>;  // owner, number

// Decoded blocks are plaintext of secrets: they are wiped when the last reader lets go.
BlockCache::Block wiped_block(ByteVec bytes) {
  return {new ByteVec(std::move(bytes)), [](const ByteVec* block) {
            auto* const owned = const_cast<ByteVec*>(block);
            if (!owned->empty()) explicit_bzero(owned->data(), owned->size());
            delete owned;
          }};
}

struct Making {
  bool done = false;
  BlockCache::Block block;
  std::exception_ptr failure;
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
    if (making->failure) std::rethrow_exception(making->failure);
    return making->block;
  }
  Block block;
  std::exception_ptr failure;
  try {
    block = wiped_block(make());
  } catch (...) {  // isolation: one pool task, told to every waiter
    failure = std::current_exception();
  }
  const std::vector<Block> dropped = state_->shared.with([&](State::Content& content) {
    making->block = block;
    making->failure = failure;
    making->done = true;
    content.making.erase(key);
    return block ? state_->keep(content, key, block) : std::vector<Block>();
  });
  state_->shared.notify_all();
  if (failure) std::rethrow_exception(failure);
  return block;
}

void BlockCache::offer(std::uint64_t owner, std::uint64_t number, ByteVec bytes) {
  const Key key{owner, number};
  const Block block = wiped_block(std::move(bytes));
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

}  // namespace backshelf
