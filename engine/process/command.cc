#include "engine/process/command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "engine/base/error.h"
#include "engine/base/unique_fd.h"

extern char** environ;

namespace backshelf {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
constexpr std::size_t kComplaintBytes = 1000;  // the end of stderr: where the reason stands

struct Pipe {
  UniqueFd reader, writer;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw error_from_errno(errno, "making a pipe");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

pid_t spawn_shell(const std::string& command, int out, int err) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  (void)posix_spawn_file_actions_init(&actions);
  (void)posix_spawnattr_init(&attributes);
  (void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  (void)posix_spawn_file_actions_adddup2(&actions, out, 1);
  (void)posix_spawn_file_actions_adddup2(&actions, err, 2);
  (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::string shell = "/bin/sh";
  std::string option = "-c";
  std::string text = command;
  std::array<char*, 4> arguments{shell.data(), option.data(), text.data(), nullptr};
  pid_t child = 0;
  const int result =
      posix_spawn(&child, "/bin/sh", &actions, &attributes, arguments.data(), environ);
  (void)posix_spawn_file_actions_destroy(&actions);
  (void)posix_spawnattr_destroy(&attributes);
  if (result != 0) throw error_from_errno(result, "starting /bin/sh");
  return child;
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Reads once from `fd` into `to`; false at its end.
bool read_into(const UniqueFd& fd, ByteVec& to) {
  std::array<std::byte, 4096> buffer{};
  const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
  if (got > 0) to.insert(to.end(), buffer.begin(), buffer.begin() + got);
  explicit_bzero(buffer.data(), buffer.size());
  return got > 0 || (got < 0 && errno == EINTR);
}

void collect(const Pipe& out, const Pipe& err, SteadyTime deadline, std::size_t output_limit,
             CommandResult& result) {
  bool out_open = true;
  bool err_open = true;
  ByteVec complaint;
  while (out_open || err_open) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) throw Error(ErrorKind::kTimeout, "the command", "it took too long");
    std::array<pollfd, 2> waits{pollfd{out_open ? out.reader.get() : -1, POLLIN, 0},
                                pollfd{err_open ? err.reader.get() : -1, POLLIN, 0}};
    if (::poll(waits.data(), waits.size(), static_cast<int>(left.count())) < 0) continue;
    if (waits[0].revents != 0) out_open = read_into(out.reader, result.output);
    if (waits[1].revents != 0) err_open = read_into(err.reader, complaint);
    if (result.output.size() > output_limit) {
      throw Error(ErrorKind::kInvalid, "the command",
                  concat("it printed more than ", output_limit, " bytes"));
    }
    if (complaint.size() > 2 * kComplaintBytes) {
      complaint.erase(complaint.begin(),
                      complaint.end() - static_cast<std::ptrdiff_t>(kComplaintBytes));
    }
  }
  result.complaint = as_text(complaint);
}

}  // namespace

CommandResult run_command(const std::string& command, std::chrono::seconds limit,
                          std::size_t output_limit) {
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  const pid_t child = spawn_shell(command, out.writer.get(), err.writer.get());
  out.writer = UniqueFd();
  err.writer = UniqueFd();
  CommandResult result;
  try {
    collect(out, err, std::chrono::steady_clock::now() + limit, output_limit, result);
  } catch (...) {
    (void)::kill(-child, SIGKILL);
    (void)wait_for(child);
    throw;
  }
  result.exit_code = wait_for(child);
  return result;
}

}  // namespace backshelf
