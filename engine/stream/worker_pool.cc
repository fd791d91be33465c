#include "engine/stream/worker_pool.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <vector>

#include "engine/base/guarded.h"

namespace backshelf {

struct WorkerPool::State {
  struct Queue {
    std::deque<std::packaged_task<void()>> tasks;
    bool closing = false;
  };
  Guarded<Queue> queue;
  std::vector<std::jthread> threads;

  void close() {
    queue.with([](Queue& q) { q.closing = true; });
    queue.notify_all();
  }

  void work() {
    for (;;) {
      std::packaged_task<void()> task =
          queue.wait([](const Queue& q) { return q.closing || !q.tasks.empty(); },
                     [](Queue& q) {
                       std::packaged_task<void()> next;
                       if (!q.tasks.empty()) {
                         next = std::move(q.tasks.front());
                         q.tasks.pop_front();
                       }
                       return next;
                     });
      if (!task.valid()) return;  // closing, and nothing is left
      task();
    }
  }
};

WorkerPool::WorkerPool(unsigned threads) : state_(std::make_unique<State>()) {
  const unsigned count = std::max(1U, threads);
  try {
    for (unsigned i = 0; i < count; ++i) {
      state_->threads.emplace_back([state = state_.get()] { state->work(); });
    }
  } catch (...) {  // cleanup: the threads there are would be waited for for ever
    state_->close();
    throw;
  }
}

WorkerPool::~WorkerPool() {
  state_->close();
}

unsigned WorkerPool::threads() const {
  return static_cast<unsigned>(state_->threads.size());
}

std::future<void> WorkerPool::run(std::function<void()> task) {
  std::packaged_task<void()> packaged(std::move(task));
  std::future<void> result = packaged.get_future();
  state_->queue.with([&](State::Queue& queue) { queue.tasks.push_back(std::move(packaged)); });
  state_->queue.notify_all();
  return result;
}

}  // namespace backshelf
