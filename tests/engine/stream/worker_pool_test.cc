#include "engine/stream/worker_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace backshelf {
namespace {

TEST(WorkerPool, HasAtLeastOneThread) {
  EXPECT_EQ(WorkerPool(0).threads(), 1U);
  EXPECT_EQ(WorkerPool(3).threads(), 3U);
}

TEST(WorkerPool, RunsTasksInTheOrderTheyCame) {
  std::vector<int> order;
  {
    WorkerPool pool(1);
    for (int i = 0; i < 100; ++i) (void)pool.run([&order, i] { order.push_back(i); });
  }
  ASSERT_EQ(order.size(), 100U) << "what is queued runs before the pool goes";
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(WorkerPool, AnExceptionIsInTheFutureAndHarmsNoOther) {
  WorkerPool pool(2);
  std::future<void> bad = pool.run([] { throw std::runtime_error("bad"); });
  std::atomic<bool> ran = false;
  std::future<void> good = pool.run([&] { ran = true; });
  EXPECT_THROW(bad.get(), std::runtime_error);
  good.get();
  EXPECT_TRUE(ran);
}

TEST(WorkerPool, SeveralTasksRunAtOnce) {
  WorkerPool pool(2);
  std::promise<void> one, two;
  std::future<void> first = pool.run([&] {
    one.set_value();
    two.get_future().wait();
  });
  std::future<void> second = pool.run([&] {
    one.get_future().wait();
    two.set_value();
  });
  first.get();
  second.get();
}

// Takes the address space that the stacks of more threads need. Ends the process: 7 when it threw.
[[noreturn]] void make_too_many_threads() {
  ::alarm(60);  // it must not wait for the threads that it has
  std::ifstream sizes("/proc/self/statm");
  rlim_t pages = 0;
  sizes >> pages;
  rlimit limit{};
  (void)::getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + 100'000'000;
  (void)::setrlimit(RLIMIT_AS, &limit);
  try {
    const WorkerPool pool(1000);
  } catch (const std::system_error&) {
    ::_exit(7);
  }
  ::_exit(0);
}

TEST(WorkerPoolDeathTest, AThreadThatCannotBeMadeIsAnErrorAndNoEndlessWait) {
  EXPECT_EXIT(make_too_many_threads(), testing::ExitedWithCode(7), "");
}

TEST(WorkerPool, ManyThreadsMayAsk) {
  std::atomic<int> done = 0;
  {
    WorkerPool pool(2);
    std::vector<std::jthread> askers;
    for (int i = 0; i < 4; ++i) {
      askers.emplace_back([&] {
        for (int j = 0; j < 250; ++j) (void)pool.run([&] { ++done; });
      });
    }
  }
  EXPECT_EQ(done, 1000);
}

}  // namespace
}  // namespace backshelf
