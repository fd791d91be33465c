// Threads for decoding and compressing. Made by main() after the daemon has forked, passed down.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <thread>

namespace backshelf {

// Thread-safe. Tasks run in the order they came; a task never waits for another task of the same
// pool.
class WorkerPool {
 public:
  explicit WorkerPool(unsigned threads = std::thread::hardware_concurrency());
  ~WorkerPool();  // runs what is queued, then joins
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  [[nodiscard]] unsigned threads() const;
  // The future holds the task's exception if it threw.
  [[nodiscard]] std::future<void> run(std::function<void()> task);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace backshelf
