#include "engine/process/command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "engine/base/error.h"
#include "engine/base/unique_fd.h"

extern char** environ;

namespace backshelf {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
constexpr std::size_t kComplaintBytes = 1000;  // the end of stderr: where the reason stands
constexpr int kLongestWaitMs = 60'000;  // of one poll; keeps its int argument far from overflow
constexpr int kStopLookMs = 100;        // who asks to stop waits no longer than this
constexpr std::size_t kReadBytes = 4096;
constexpr int kPipeReads = 32;  // more than a full pipe (64 KiB) takes
constexpr char kWhat[] = "the command";

struct Pipe {
  UniqueFd reader, writer;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw error_from_errno(errno, "making a pipe");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// A process group of its own; signals as a shell expects them, not as a daemon has set them.
void set_attributes(posix_spawnattr_t& attributes) {
  sigset_t none, all;
  (void)sigemptyset(&none);
  (void)sigfillset(&all);
  (void)posix_spawnattr_init(&attributes);
  (void)posix_spawnattr_setsigmask(&attributes, &none);
  (void)posix_spawnattr_setsigdefault(&attributes, &all);
  (void)posix_spawnattr_setflags(
      &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

// A file in memory, so that a command which does not read blocks nobody.
UniqueFd file_with(const std::string& input) {
  UniqueFd file(input.empty() ? ::open("/dev/null", O_RDONLY | O_CLOEXEC)
                              : ::memfd_create("input", MFD_CLOEXEC));
  if (!file.is_open()) throw error_from_errno(errno, "making the command's input");
  for (std::size_t done = 0; done < input.size();) {
    const ssize_t written = ::write(file.get(), input.data() + done, input.size() - done);
    if (written < 0 && errno != EINTR) throw error_from_errno(errno, "the command's input");
    if (written > 0) done += static_cast<std::size_t>(written);
  }
  if (input.empty()) return file;
  if (::lseek(file.get(), 0, SEEK_SET) != 0) throw error_from_errno(errno, "the command's input");
  return file;
}

pid_t spawn_shell(const std::string& command, int in, int out, int err) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  (void)posix_spawn_file_actions_init(&actions);
  (void)posix_spawn_file_actions_adddup2(&actions, in, 0);
  (void)posix_spawn_file_actions_adddup2(&actions, out, 1);
  (void)posix_spawn_file_actions_adddup2(&actions, err, 2);
  (void)posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  set_attributes(attributes);
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

// What one run of the command says, until its shell ends: something it left running in the
// background may hold the pipes for as long as it likes.
class Collector {
 public:
  Collector(Pipe& out, Pipe& err, UniqueFd ended, std::size_t output_limit)
      : out_(out.reader), err_(err.reader), ended_(std::move(ended)), limit_(output_limit) {
    for (const UniqueFd* fd : {&out_, &err_}) {
      if (::fcntl(fd->get(), F_SETFL, O_NONBLOCK) != 0) {
        throw error_from_errno(errno, "reading from the command");
      }
    }
  }

  void collect(SteadyTime deadline, const std::stop_token& stop, CommandResult& result) {
    for (bool ended = false; !ended;) {
      if (stop.stop_requested()) throw Error(ErrorKind::kInterrupted, kWhat, "it was cancelled");
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) throw Error(ErrorKind::kTimeout, kWhat, "it took too long");
      std::array<pollfd, 3> waits{pollfd{out_open_ ? out_.get() : -1, POLLIN, 0},
                                  pollfd{err_open_ ? err_.get() : -1, POLLIN, 0},
                                  pollfd{ended_.get(), POLLIN, 0}};
      const int longest_ms = stop.stop_possible() ? kStopLookMs : kLongestWaitMs;
      const int limit_ms = static_cast<int>(std::min<std::int64_t>(left.count(), longest_ms));
      if (::poll(waits.data(), waits.size(), limit_ms) < 0) continue;
      ended = waits[2].revents != 0;
      // What it wrote before it ended is in the pipes by now; a background job may write on and on.
      for (int i = 0; i == 0 || (ended && more_ && i < kPipeReads); ++i) take(result);
    }
    result.complaint =
        complaint_.substr(complaint_.size() - std::min(complaint_.size(), kComplaintBytes));
  }

 private:
  void take(CommandResult& result) {
    more_ = false;
    if (out_open_)
      out_open_ = read_once(out_, [&](ByteView got) {
        result.output.insert(result.output.end(), got.begin(), got.end());
      });
    if (result.output.size() > limit_) {
      throw Error(ErrorKind::kInvalid, kWhat, concat("it printed more than ", limit_, " bytes"));
    }
    if (err_open_) err_open_ = read_once(err_, [&](ByteView got) { complaint_ += as_text(got); });
    if (complaint_.size() > 2 * kComplaintBytes) {
      complaint_.erase(0, complaint_.size() - kComplaintBytes);
    }
  }

  // False at the end.
  template <typename Use>
  bool read_once(const UniqueFd& fd, const Use& use) {
    std::array<std::byte, kReadBytes> buffer{};
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    const bool again = got < 0 && (errno == EINTR || errno == EAGAIN);
    if (got > 0) use(ByteView(buffer).first(static_cast<std::size_t>(got)));
    explicit_bzero(buffer.data(), buffer.size());
    more_ = more_ || got > 0;
    return got > 0 || again;
  }

  const UniqueFd& out_;
  const UniqueFd& err_;
  const UniqueFd ended_;  // readable when the shell has ended
  const std::size_t limit_;
  bool out_open_ = true, err_open_ = true;
  bool more_ = false;  // the last look found something
  std::string complaint_;
};

UniqueFd watch_end(pid_t child) {
  UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  if (!fd.is_open()) throw error_from_errno(errno, "watching the command");
  return fd;
}

}  // namespace

CommandResult run_command(const std::string& command, std::chrono::seconds limit,
                          std::size_t output_limit, const std::string& input,
                          const std::stop_token& stop) {
  const UniqueFd in = file_with(input);
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  const pid_t child = spawn_shell(command, in.get(), out.writer.get(), err.writer.get());
  out.writer = UniqueFd();
  err.writer = UniqueFd();
  CommandResult result;
  // Growing would leave parts of a secret in memory that is free again.
  result.output.reserve(output_limit + kReadBytes);
  try {
    Collector(out, err, watch_end(child), output_limit).collect(deadline, stop, result);
  } catch (...) {  // cleanup: nothing of the command goes on, and no secret stays
    (void)::kill(-child, SIGKILL);
    (void)wait_for(child);
    if (!result.output.empty()) explicit_bzero(result.output.data(), result.output.size());
    throw;
  }
  result.exit_code = wait_for(child);
  return result;
}

}  // namespace backshelf
