#include "tools/daemon_process.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "engine/base/error.h"
#include "engine/base/unique_fd.h"

namespace backshelf {
namespace {

constexpr std::string_view kReadyMessage = "READY=1";

// sd_notify(3) without its library: one datagram.
void tell_systemd() {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path == nullptr || std::strlen(path) >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, path);
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // an abstract one
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
  (void)::sendto(fd.get(), kReadyMessage.data(), kReadyMessage.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address), length);
}

// Whoever started us may wait for the end of our output.
void leave_terminal() {
  (void)::setsid();
  (void)!::chdir("/");
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) (void)::dup2(null.get(), fd);
}

int wait_for_child(pid_t child, const UniqueFd& ready) {
  char byte = 0;
  ssize_t got = 0;
  do {
    got = ::read(ready.get(), &byte, 1);
  } while (got < 0 && errno == EINTR);
  if (got == 1) return 0;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int run_daemon(bool foreground, const std::function<int(const OnReady&)>& serve) {
  if (foreground) return serve(tell_systemd);
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) throw error_from_errno(errno, "pipe");
  UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) throw error_from_errno(errno, "fork");
  if (child > 0) {
    writing = UniqueFd();
    return wait_for_child(child, reading);
  }
  reading = UniqueFd();
  return serve([&writing] {
    tell_systemd();
    leave_terminal();
    (void)!::write(writing.get(), "", 1);
    writing.close();
  });
}

}  // namespace backshelf
