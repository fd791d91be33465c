#include "engine/home/reach.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <future>
#include <memory>
#include <thread>

#include "engine/base/error.h"
#include "engine/base/unique_fd.h"
#include "engine/disk/file.h"

namespace backshelf {
namespace {

std::string shown_limit(std::chrono::milliseconds limit) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit);
  return seconds == limit ? concat(seconds.count(), " s") : concat(limit.count(), " ms");
}

}  // namespace

bool ask_within(std::chrono::milliseconds limit, const std::string& what,
                std::function<bool()> ask) {
  // The future of a packaged task, unlike that of std::async, does not wait when it goes.
  const auto task = std::make_shared<std::packaged_task<bool()>>(std::move(ask));
  std::future<bool> answer = task->get_future();
  std::thread([task] { (*task)(); }).detach();
  if (answer.wait_for(limit) != std::future_status::ready) {
    throw Error(ErrorKind::kTimeout, concat("looking at ", what),
                concat("it does not answer within ", shown_limit(limit)),
                "unmount it, or bring its server back");
  }
  return answer.get();
}

bool is_directory(const std::string& path) {
  const auto status = find_status(concat(path, "/."));
  return status && S_ISDIR(status->st_mode);
}

bool reaches_directory(const std::string& path) {
  return ask_within(kReachLimit, path, [path] { return is_directory(path); });
}

bool is_readable_directory(const std::string& path) {
  if (!is_directory(path)) return false;
  // Its status may be remembered by the kernel for a while; opening it asks whoever serves it.
  const UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.is_open() && ::access(path.c_str(), R_OK | X_OK) == 0) return true;
  throw error_from_errno(errno, concat("reading ", path));
}

bool reaches_readable_directory(const std::string& path) {
  return ask_within(kReachLimit, path, [path] { return is_readable_directory(path); });
}

std::optional<struct stat> reach_status(const std::string& path) {
  constexpr std::chrono::seconds kLimit{5};  // asked of many places, most of them not ours
  const auto found = std::make_shared<std::optional<struct stat>>();
  try {
    const auto look = [path, found] {
      *found = find_status(concat(path, "/."));
      return found->has_value();
    };
    return ask_within(kLimit, path, look) ? *found : std::nullopt;
  } catch (const Error&) {  // isolation: whoever needs this place meets the same and tells it
    return std::nullopt;
  }
}

}  // namespace backshelf
