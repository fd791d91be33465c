#include "engine/base/guarded.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

namespace backshelf {
namespace {

using std::chrono::milliseconds;

TEST(Guarded, CountsRightWithSeveralThreads) {
  Guarded<int> count(0);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) count.with([](int& value) { ++value; });
      });
    }
  }
  EXPECT_EQ(count.with([](const int& value) { return value; }), 4000);
}

TEST(Guarded, WaitsUntilReady) {
  Guarded<bool> ready(false);
  std::jthread setter([&] {
    ready.with([](bool& value) { value = true; });
    ready.notify_all();
  });
  EXPECT_TRUE(
      ready.wait([](const bool& value) { return value; }, [](const bool& value) { return value; }));
}

TEST(Guarded, AWaitEndsByTimeOrByRequest) {
  Guarded<int> never(0);
  const auto not_ready = [](const int&) { return false; };
  EXPECT_EQ(never.wait_for({}, milliseconds(5), not_ready, [](int& value) { return value + 1; }),
            1);
  std::stop_source stop;
  stop.request_stop();
  const auto start = std::chrono::steady_clock::now();
  never.wait_for(stop.get_token(), std::chrono::seconds(60), not_ready, [](int&) {});
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(Guarded, AWaitWithoutALimitEndsByReadinessOrByRequest) {
  Guarded<int> value(0);
  const auto is_set = [](const int& v) { return v != 0; };
  // The pauses let the waits begin first, mostly; what the waits give is the same if they do not.
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(20));
    stop.request_stop();
  });
  EXPECT_EQ(value.wait(stop.get_token(), is_set, [](const int& v) { return v; }), 0);
  std::jthread setter([&] {
    std::this_thread::sleep_for(milliseconds(20));
    value.with([](int& v) { v = 7; });
    value.notify_all();
  });
  EXPECT_EQ(value.wait({}, is_set, [](const int& v) { return v; }), 7);
}

}  // namespace
}  // namespace backshelf
