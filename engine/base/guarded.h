// Data that can only be reached with its lock held.
#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

namespace backshelf {

template <typename T>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  // Runs `use(T&)` under the lock and returns its result. Never call back into the same Guarded
  // from it.
  template <typename Use>
  decltype(auto) with(Use&& use) {
    const std::lock_guard lock(mutex_);
    return std::forward<Use>(use)(value_);
  }
  template <typename Use>
  decltype(auto) with(Use&& use) const {
    const std::lock_guard lock(mutex_);
    return std::forward<Use>(use)(value_);
  }

  // Waits until `ready(T&)` holds, then runs `use(T&)` under the same lock. Who changes T calls
  // notify_all().
  template <typename Ready, typename Use>
  decltype(auto) wait(Ready&& ready, Use&& use) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ready(value_); });
    return std::forward<Use>(use)(value_);
  }
  // The same until a stop request; `use` runs in every case, whether ready or not.
  template <typename Ready, typename Use>
  decltype(auto) wait(std::stop_token stop, Ready&& ready, Use&& use) {
    std::unique_lock lock(mutex_);
    (void)changed_.wait(lock, std::move(stop), [&] { return ready(value_); });
    return std::forward<Use>(use)(value_);
  }
  // The same with a time limit and a stop request; `use` runs in every case, whether ready or not.
  template <typename Duration, typename Ready, typename Use>
  decltype(auto) wait_for(std::stop_token stop, Duration limit, Ready&& ready, Use&& use) {
    std::unique_lock lock(mutex_);
    (void)changed_.wait_for(lock, stop, limit, [&] { return ready(value_); });
    return std::forward<Use>(use)(value_);
  }
  void notify_all() const { changed_.notify_all(); }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  T value_{};
};

}  // namespace backshelf
