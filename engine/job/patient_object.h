// An archive on its way into a location that may be slow, or not answer at all: written by a thread
// of its own, for which nobody waits longer than is agreed.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "engine/location/location.h"

namespace backshelf {

struct WriteLimits {
  std::size_t queue_bytes = 4 * kMiB;         // what may wait to be written, in memory
  std::chrono::milliseconds write{60'000};    // until there is room for more
  std::chrono::milliseconds commit{600'000};  // until all of it is synced: a slow disk may need it
};

// Not committed: it never existed. One thread at a time. What fails is told by the next call, and
// by every call after it; kTimeout: the location took nothing for too long, and is given up. A
// system call that never returns cannot be ended, so its thread is left behind then, with all it
// needs; if it returns after all it cleans up.
class PatientObject final : public ArchiveSink {
 public:
  // `job` as for Location::create(). Leftovers of earlier jobs are removed first.
  PatientObject(std::shared_ptr<Location> location, const std::string& job, WriteLimits limits);
  ~PatientObject() override;
  PatientObject(const PatientObject&) = delete;
  PatientObject& operator=(const PatientObject&) = delete;

  void write(ByteView bytes) override;
  void patch(std::uint64_t offset, ByteView bytes) override;
  [[nodiscard]] std::uint64_t written() const override { return written_; }
  // Waits until all that was asked for so far is done. Throws what became of it.
  void flush();
  // As commit_archive(), and at most once.
  ObjectInfo commit(const std::string& name);
  [[nodiscard]] std::size_t leftovers() const;  // after the first flush(): how many were removed

 private:
  struct State;
  using Step = std::function<void(State&)>;
  void push(std::size_t bytes, Step step);
  void await(std::chrono::milliseconds limit);
  [[noreturn]] void give_up(std::chrono::milliseconds limit);

  const WriteLimits limits_;
  const std::shared_ptr<State> state_;
  std::uint64_t written_ = 0;
  bool given_up_ = false;
  std::thread thread_;
};

}  // namespace backshelf
