// What the person at the terminal sees and types.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/bytes.h"
#include "engine/crypto/secret_bytes.h"
#include "engine/job/jobs.h"

namespace backshelf {

// The reader of our output went away (`| head`): no error, nothing more to do.
struct OutputClosed {};

// To stdout, at once. Throws OutputClosed, Error(kIo), Error(kNoSpace).
void print(std::string_view text);
void print_bytes(ByteView bytes);
// One line to stderr: "backshelf: TEXT". Control characters are made visible: names come from
// outside.
void print_error(std::string_view text);
[[nodiscard]] bool output_is_terminal();
// Made visible when stdout is a terminal, as ls does: a name must not command the terminal.
[[nodiscard]] std::string shown_name(std::string_view name);

[[nodiscard]] bool can_ask();  // stdin and stderr are a terminal
// Reads one line without echo from the terminal.
[[nodiscard]] SecretBytes ask_secret(std::string_view question);

// One line on stderr, redrawn; nothing when stderr or stdout is no terminal, or quiet.
class ProgressLine {
 public:
  explicit ProgressLine(bool quiet);
  ~ProgressLine();  // clears the line
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void show(const JobProgress& progress);
  void show(std::string_view what, std::uint64_t done, std::uint64_t total);

 private:
  bool active_;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace backshelf
