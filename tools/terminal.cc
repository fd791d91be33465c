#include "tools/terminal.h"

#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "engine/base/error.h"
#include "engine/control/shown_text.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxTypedBytes = 1024;
constexpr std::size_t kBarCells = 30;
constexpr auto kRedraw = std::chrono::milliseconds(200);

// Switches echo off, and on again whatever happens.
class NoEcho {
 public:
  NoEcho() {
    known_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!known_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    (void)::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;
  ~NoEcho() {
    if (known_) (void)::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }

 private:
  termios before_{};
  bool known_ = false;
};

std::string bar_text(std::uint64_t done, std::uint64_t total) {
  if (total == 0) return shown_size(done);
  const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto full = static_cast<std::size_t>(share * kBarCells);
  return concat("[", std::string(full, '#'), std::string(kBarCells - full, '.'), "] ",
                static_cast<int>(share * 100), " %");
}

}  // namespace

void print_bytes(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EPIPE) throw OutputClosed{};
    if (count < 0) throw error_from_errno(errno, "write to the output");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void print(std::string_view text) {
  print_bytes(as_bytes(text));
}

void print_error(std::string_view text) {
  const std::string line = concat("backshelf: ", visible_text(text), "\n");
  (void)std::fwrite(line.data(), 1, line.size(), stderr);
}

bool output_is_terminal() {
  return ::isatty(STDOUT_FILENO) == 1;
}

std::string shown_name(std::string_view name) {
  return output_is_terminal() ? visible_text(name) : std::string(name);
}

bool can_ask() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
}

SecretBytes ask_secret(std::string_view question) {
  SecretBytes typed(kMaxTypedBytes);
  std::size_t length = 0;
  const NoEcho no_echo;
  (void)std::fwrite(question.data(), 1, question.size(), stderr);
  while (length < kMaxTypedBytes) {
    const ByteSpan next = typed.writable().subspan(length, 1);
    const ssize_t count = ::read(STDIN_FILENO, next.data(), 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || next[0] == std::byte{'\n'}) break;
    ++length;
  }
  (void)std::fputc('\n', stderr);
  return SecretBytes(typed.view().first(length));
}

ProgressLine::ProgressLine(bool quiet)
    : active_(!quiet && output_is_terminal() && ::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (active_) (void)std::fputs("\r\033[K", stderr);
}

void ProgressLine::show(const JobProgress& progress) {
  const std::string what = progress.part.empty() ? progress.folder : progress.part;
  show(what.empty() ? progress.command : what, progress.bytes, progress.bytes_total);
}

void ProgressLine::show(std::string_view what, std::uint64_t done, std::uint64_t total) {
  const auto now = std::chrono::steady_clock::now();
  if (!active_ || now < next_) return;
  next_ = now + kRedraw;
  const std::string line = concat("\r\033[K", visible_text(what), "  ", bar_text(done, total));
  (void)std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace backshelf
