// Directories that may lie on a mount which does not answer; part of engine/home only.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace backshelf {

// A network disk that is well answers in seconds, also when it has to wake up.
inline constexpr std::chrono::seconds kReachLimit{30};

// What `ask` returns or throws. Throws Error(kTimeout) that names `what` when it takes longer than
// `limit`; then it goes on in a thread of its own, which ends with the mount or with the process,
// so it must own all that it uses.
[[nodiscard]] bool ask_within(std::chrono::milliseconds limit, const std::string& what,
                              std::function<bool()> ask);

// Links are followed: the user may have put a part anywhere.
[[nodiscard]] bool is_directory(const std::string& path);
// The same; throws Error(kAccess) when it may not be listed.
[[nodiscard]] bool is_readable_directory(const std::string& path);
// The same within kReachLimit.
[[nodiscard]] bool reaches_directory(const std::string& path);
[[nodiscard]] bool reaches_readable_directory(const std::string& path);
// Status of what `path` is, links followed; nullopt: it is not there, or does not say within a few
// seconds.
[[nodiscard]] std::optional<struct stat> reach_status(const std::string& path);

}  // namespace backshelf
