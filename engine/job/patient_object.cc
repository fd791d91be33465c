#include "engine/job/patient_object.h"

#include <deque>
#include <optional>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/guarded.h"
#include "engine/job/put_archive.h"

namespace backshelf {

// Shared with the thread, which may outlive its object.
struct PatientObject::State {
  struct Queue {
    std::deque<std::pair<std::size_t, Step>> steps;  // bytes they hold
    std::size_t bytes = 0;                           // of these, and of the one that runs
    bool runs = false;                               // a step is being done
    bool closed = false;                             // no step will follow
    bool ended = false;                              // the thread has nothing left to do
    std::optional<Error> failure;

    [[nodiscard]] bool is_done() const { return (steps.empty() && !runs) || failure; }
  };

  explicit State(std::shared_ptr<Location> place) : location(std::move(place)) {}

  Guarded<Queue> queue;
  const std::shared_ptr<Location> location;
  // These belong to the thread, and between flush() and the next call to the owner.
  std::unique_ptr<PendingObject> object;
  ObjectInfo made;
  std::size_t leftovers = 0;

  void run() {
    while (auto step = next()) {
      std::optional<Error> failure;
      try {
        step->second(*this);
      } catch (const Error& error) {  // boundary: of this thread
        failure.emplace(error);
      } catch (const std::exception& error) {  // boundary: of this thread
        failure.emplace(ErrorKind::kInternal, "writing an archive", error.what());
      }
      if (failure) object.reset();  // its bytes may be what another one lacks
      done(step->first, std::move(failure));
    }
    object.reset();
    queue.with([](Queue& all) { all.ended = true; });
    queue.notify_all();
  }

 private:
  std::optional<std::pair<std::size_t, Step>> next() {
    return queue.wait([](const Queue& all) { return all.closed || !all.steps.empty(); },
                      [](Queue& all) -> std::optional<std::pair<std::size_t, Step>> {
                        if (all.steps.empty()) return std::nullopt;
                        auto step = std::move(all.steps.front());
                        all.steps.pop_front();
                        all.runs = true;
                        return step;
                      });
  }

  void done(std::size_t bytes, std::optional<Error> failure) {
    queue.with([&](Queue& all) {
      all.runs = false;
      all.bytes -= bytes;
      if (!failure) return;
      all.failure = std::move(failure);
      all.steps.clear();
      all.bytes = 0;
    });
    queue.notify_all();
  }
};

PatientObject::PatientObject(std::shared_ptr<Location> location, const std::string& job,
                             WriteLimits limits)
    : limits_(limits), state_(std::make_shared<State>(std::move(location))) {
  thread_ = std::thread([state = state_] { state->run(); });
  push(0, [job](State& state) {
    state.leftovers = state.location->remove_leftovers();
    state.object = state.location->create(job);
  });
}

PatientObject::~PatientObject() {
  const bool ended = state_->queue.with([](State::Queue& all) {
    all.closed = true;
    all.steps.clear();
    return all.ended;
  });
  state_->queue.notify_all();
  const auto patience = given_up_ ? std::chrono::milliseconds(0) : limits_.write;
  const bool now = ended || state_->queue.wait_for(
                                {}, patience, [](const State::Queue& all) { return all.ended; },
                                [](const State::Queue& all) { return all.ended; });
  now ? thread_.join() : thread_.detach();
}

void PatientObject::write(ByteView bytes) {
  push(bytes.size(),
       [copy = ByteVec(bytes.begin(), bytes.end())](State& state) { state.object->write(copy); });
  written_ += bytes.size();
}

void PatientObject::patch(std::uint64_t offset, ByteView bytes) {
  push(bytes.size(), [offset, copy = ByteVec(bytes.begin(), bytes.end())](State& state) {
    state.object->patch(offset, copy);
  });
}

void PatientObject::flush() {
  await(limits_.write);
}

ObjectInfo PatientObject::commit(const std::string& name) {
  push(0, [name](State& state) {
    state.made = commit_archive(*state.object, *state.location, name);
    state.object.reset();
  });
  await(limits_.commit);
  return state_->made;
}

std::size_t PatientObject::leftovers() const {
  return state_->leftovers;
}

void PatientObject::push(std::size_t bytes, Step step) {
  if (given_up_) give_up(limits_.write);
  // One step of any size is taken when nothing else waits.
  const auto has_room = [&](const State::Queue& all) {
    return all.failure || all.bytes == 0 || all.bytes + bytes <= limits_.queue_bytes;
  };
  const bool pushed = state_->queue.wait_for({}, limits_.write, has_room, [&](State::Queue& all) {
    if (all.failure) throw Error(*all.failure);
    if (!has_room(all)) return false;
    all.steps.emplace_back(bytes, std::move(step));
    all.bytes += bytes;
    return true;
  });
  if (!pushed) give_up(limits_.write);
  state_->queue.notify_all();
}

void PatientObject::await(std::chrono::milliseconds limit) {
  const bool done = state_->queue.wait_for(
      {}, limit, [](const State::Queue& all) { return all.is_done(); },
      [](const State::Queue& all) {
        if (all.failure) throw Error(*all.failure);
        return all.is_done();
      });
  if (!done) give_up(limit);
}

void PatientObject::give_up(std::chrono::milliseconds limit) {
  given_up_ = true;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit).count();
  throw Error(ErrorKind::kTimeout, concat("location ", state_->location->name()),
              concat("it took nothing for ", seconds, " s"),
              "see whether its disk or server answers");
}

}  // namespace backshelf
