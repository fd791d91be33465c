// Runs a command of the user (hook, key command) with a time limit.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "engine/base/bytes.h"

namespace backshelf {

struct CommandResult {
  int exit_code = 0;      // 128 + signal when it was killed
  ByteVec output;         // stdout; may be a secret: the caller wipes it
  std::string complaint;  // the end of what it wrote to stderr
};

// `/bin/sh -c command`, in a process group of its own, with `input` as its stdin and no other
// descriptor of ours. Ends when the shell ends; what it left in the background goes on. Throws
// Error: kTimeout (the group was killed), kIo, kInvalid when stdout is longer than `output_limit`
// bytes (killed too), kInterrupted on request (killed too). A command that fails is no error here:
// see exit_code.
[[nodiscard]] CommandResult run_command(const std::string& command, std::chrono::seconds limit,
                                        std::size_t output_limit, const std::string& input = {},
                                        const std::stop_token& stop = {});

}  // namespace backshelf
