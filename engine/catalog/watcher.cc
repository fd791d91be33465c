#include "engine/catalog/watcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "engine/base/error.h"

namespace backshelf {
namespace {

// Events come in bursts (create, write, close, rename): one look for all of a burst, but no burst
// may keep us from looking for long.
constexpr int kQuietMs = 50;
constexpr int kBurstMs = 400;
constexpr int kSettlingMs = 1000;

}  // namespace

Watcher::Watcher(std::vector<std::shared_ptr<Location>> locations, std::string state_directory,
                 std::chrono::seconds poll, Calls calls)
    : locations_(std::move(locations)),
      state_directory_(std::move(state_directory)),
      poll_(poll),
      calls_(std::move(calls)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wake_.is_open()) throw error_from_errno(errno, "make the watcher's wake-up call");
  if (!state_directory_.empty()) state_watch_ = DirectoryWatch::find(state_directory_);
  for (const auto& location : locations_) (void)location->change_fd();  // before the first look
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Watcher::~Watcher() {
  thread_.request_stop();
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof(one));
}

void Watcher::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    try {
      look_and_wait(stop);
    } catch (const std::exception& error) {  // boundary: a thread; the next round may succeed
      calls_.failed(error.what());
      pause();
    }
  }
}

void Watcher::look_and_wait(const std::stop_token& stop) {
  std::string before = state_stamp();
  // What a look writes itself is no reason for the next one. What others write while it looks is.
  last_state_ = calls_.look() ? state_stamp() : std::move(before);
  int waited = 0;
  const int limit = calls_.is_settling() ? kSettlingMs : static_cast<int>(poll_.count());
  if (!wait(limit)) return;
  while (!stop.stop_requested() && waited < kBurstMs && wait(kQuietMs)) waited += kQuietMs;
}

// What throws may throw at once again.
void Watcher::pause() const {
  pollfd woken{wake_.get(), POLLIN, 0};
  (void)::poll(&woken, 1, kSettlingMs);
}

bool Watcher::wait(int limit_ms) {
  std::vector<pollfd> watched = {{wake_.get(), POLLIN, 0}};
  if (state_watch_) watched.push_back({state_watch_->fd(), POLLIN, 0});
  for (const auto& location : locations_) {
    const int fd = location->change_fd();
    if (fd >= 0) watched.push_back({fd, POLLIN, 0});
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(limit_ms);
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    const int ready = ::poll(watched.data(), watched.size(), static_cast<int>(left.count()));
    if (ready <= 0) continue;
    if ((watched[0].revents & POLLIN) != 0) return true;
    // Other files of the state directory (status.json) change all the time and mean nothing here.
    const bool state_alone = ready == 1 && state_watch_ && watched[1].revents != 0;
    if (state_watch_) state_watch_->drain();
    if (state_alone && !state_changed()) continue;
    for (const auto& location : locations_) location->drain_changes();
    return true;
  }
}

bool Watcher::state_changed() {
  std::string now = state_stamp();
  if (now == last_state_) return false;
  last_state_ = std::move(now);
  return true;
}

std::string Watcher::state_stamp() const {
  if (state_directory_.empty()) return {};
  try {
    const auto status = find_status(concat(state_directory_, "/state.json"));
    if (!status) return {};
    return concat(std::uint64_t{status->st_ino}, ":", std::int64_t{status->st_size}, ":",
                  std::int64_t{status->st_ctim.tv_sec}, ".", std::int64_t{status->st_ctim.tv_nsec});
  } catch (const Error&) {  // isolation: what the state says is then looked at every minute
    return {};
  }
}

}  // namespace backshelf
