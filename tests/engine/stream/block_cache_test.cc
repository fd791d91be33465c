#include "engine/stream/block_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

namespace backshelf {
namespace {

ByteVec block(std::size_t size, int value = 1) {
  return ByteVec(size, static_cast<std::byte>(value));
}

// Counts how often a block had to be made.
struct Maker {
  std::size_t size = 10;
  int calls = 0;
  std::function<ByteVec()> operator()() {
    return [this] {
      ++calls;
      return block(size);
    };
  }
};

TEST(BlockCache, MakesABlockOnce) {
  BlockCache cache(100);
  const auto owner = cache.new_owner();
  Maker maker;
  const BlockCache::Block first = cache.get(owner, 7, maker());
  EXPECT_EQ(cache.get(owner, 7, maker()), first);
  EXPECT_EQ(maker.calls, 1);
  EXPECT_EQ(cache.bytes(), 10U);
}

TEST(BlockCache, OwnersDoNotShareBlocks) {
  BlockCache cache(100);
  const auto one = cache.new_owner();
  const auto two = cache.new_owner();
  ASSERT_NE(one, two);
  EXPECT_EQ((*cache.get(one, 0, [] { return block(1, 1); }))[0], std::byte{1});
  EXPECT_EQ((*cache.get(two, 0, [] { return block(1, 2); }))[0], std::byte{2});
  cache.drop_owner(one);
  EXPECT_EQ(cache.bytes(), 1U);
  Maker maker;
  (void)cache.get(two, 0, maker());
  EXPECT_EQ(maker.calls, 0);
}

TEST(BlockCache, ThrowsOutWhatWasUsedLongestAgo) {
  BlockCache cache(30);
  const auto owner = cache.new_owner();
  Maker maker;
  for (std::uint64_t number : {0U, 1U, 2U}) (void)cache.get(owner, number, maker());
  (void)cache.get(owner, 0, maker());
  (void)cache.get(owner, 3, maker());
  EXPECT_EQ(maker.calls, 4);
  EXPECT_EQ(cache.bytes(), 30U);
  (void)cache.get(owner, 0, maker());
  EXPECT_EQ(maker.calls, 4) << "0 was used after 1";
  (void)cache.get(owner, 1, maker());
  EXPECT_EQ(maker.calls, 5);
}

TEST(BlockCache, AnEvictedBlockLivesAsLongAsItsReader) {
  BlockCache cache(10);
  const auto owner = cache.new_owner();
  const BlockCache::Block held = cache.get(owner, 0, [] { return block(10, 5); });
  (void)cache.get(owner, 1, [] { return block(10, 6); });
  cache.drop_owner(owner);
  EXPECT_EQ(cache.bytes(), 0U);
  EXPECT_EQ(*held, block(10, 5));
}

TEST(BlockCache, ABlockLargerThanTheCacheIsReturnedAndNotKept) {
  BlockCache cache(10);
  const auto owner = cache.new_owner();
  Maker maker{.size = 11};
  EXPECT_EQ(cache.get(owner, 0, maker())->size(), 11U);
  EXPECT_EQ(cache.bytes(), 0U);
  (void)cache.get(owner, 0, maker());
  EXPECT_EQ(maker.calls, 2);
}

TEST(BlockCache, AnOfferedBlockIsNotMade) {
  BlockCache cache(100);
  const auto owner = cache.new_owner();
  cache.offer(owner, 4, block(3, 9));
  cache.offer(owner, 4, block(5, 8));
  Maker maker;
  EXPECT_EQ(*cache.get(owner, 4, maker()), block(3, 9));
  EXPECT_EQ(maker.calls, 0);
  EXPECT_EQ(cache.bytes(), 3U);
}

TEST(BlockCache, SeveralReadersWaitForOneMaker) {
  BlockCache cache(100);
  const auto owner = cache.new_owner();
  std::atomic<int> calls = 0;
  std::promise<void> go;
  const std::shared_future<void> may_go = go.get_future().share();
  std::vector<std::future<BlockCache::Block>> readers;
  for (int i = 0; i < 4; ++i) {
    readers.push_back(std::async(std::launch::async, [&] {
      return cache.get(owner, 0, [&] {
        ++calls;
        may_go.wait();
        return block(10);
      });
    }));
  }
  while (calls == 0) std::this_thread::yield();
  cache.offer(owner, 0, block(1, 9));
  EXPECT_EQ(cache.bytes(), 0U) << "what is being made cannot be offered";
  (void)cache.get(owner, 1, [] { return block(1); });
  go.set_value();
  for (auto& reader : readers) EXPECT_EQ(*reader.get(), block(10));
  EXPECT_EQ(calls, 1);
}

TEST(BlockCache, AFailureReachesEveryWaiterAndIsNotKept) {
  BlockCache cache(100);
  const auto owner = cache.new_owner();
  std::atomic<int> calls = 0;
  std::promise<void> go;
  const std::shared_future<void> may_go = go.get_future().share();
  const auto read = [&] {
    return std::async(std::launch::async, [&] {
      return cache.get(owner, 0, [&]() -> ByteVec {
        ++calls;
        may_go.wait();
        throw std::runtime_error("damaged");
      });
    });
  };
  auto maker = read();
  while (calls == 0) std::this_thread::yield();
  auto waiter = read();
  go.set_value();
  EXPECT_THROW((void)maker.get(), std::runtime_error);
  EXPECT_THROW((void)waiter.get(), std::runtime_error);
  Maker second;
  EXPECT_EQ(cache.get(owner, 0, second())->size(), 10U);
  EXPECT_EQ(second.calls, 1);
}

TEST(BlockCache, ManyThreadsNeverPassTheLimit) {
  BlockCache cache(500);
  const auto owner = cache.new_owner();
  std::vector<std::jthread> threads;
  std::atomic<int> wrong = 0;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < 3000; ++i) {
        const std::uint64_t number = (i * (t + 3)) % 17;
        const auto got = cache.get(owner, number, [&] {
          return block(40 + static_cast<std::size_t>(number), static_cast<int>(number));
        });
        if (got->size() != 40 + number || cache.bytes() > 500) ++wrong;
        if (i % 500 == 0) cache.drop_owner(owner);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace backshelf
