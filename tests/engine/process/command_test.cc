#include "engine/process/command.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <thread>

#include "engine/base/error.h"
#include "engine/base/unique_fd.h"
#include "tests/support/kind_of.h"
#include "tests/support/temp_directory.h"
#include "tests/support/wait_until.h"

namespace backshelf {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::size_t kPlenty = 1 << 20;

CommandResult run(const std::string& command) {
  return run_command(command, seconds(30), kPlenty);
}

std::string output_of(const std::string& command) {
  return std::string(as_text(run(command).output));
}

ErrorKind failure_of(const std::string& command, seconds limit, std::size_t output_limit) {
  try {
    (void)run_command(command, limit, output_limit);
  } catch (const Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "no error: " << command;
  return ErrorKind::kInternal;
}

bool lives(pid_t process) {
  return ::kill(process, 0) == 0;
}

// Killed processes are reaped by init, soon.
bool ends_soon(pid_t process) {
  return wait_until([&] { return !lives(process); });
}

TEST(Command, OutputComesBackAsItIs) {
  EXPECT_EQ(output_of("printf 'a\\0b\\n'"), std::string("a\0b\n", 4));
  EXPECT_EQ(output_of("true"), "");
  EXPECT_EQ(output_of("head -c 300000 /dev/zero | tr '\\0' x").size(), 300'000U);
}

TEST(Command, TheExitCodeIsTold) {
  EXPECT_EQ(run("exit 0").exit_code, 0);
  EXPECT_EQ(run("exit 42").exit_code, 42);
  EXPECT_EQ(run("/nowhere/nothing").exit_code, 127);
  EXPECT_EQ(run("kill -9 $$").exit_code, 128 + 9);
}

TEST(Command, TheEndOfItsComplaintIsKept) {
  const CommandResult result =
      run("head -c 500000 /dev/zero | tr '\\0' x >&2; echo end >&2; exit 1");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.complaint.size(), 1000U);
  EXPECT_TRUE(result.complaint.ends_with("xxxend\n"));
  EXPECT_EQ(run("echo why >&2").complaint, "why\n");
  EXPECT_EQ(run("true").complaint, "");
}

TEST(Command, StdinIsEmpty) {
  EXPECT_EQ(output_of("readlink /proc/self/fd/0; cat"), "/dev/null\n");
}

TEST(Command, ItsStdinIsWhatItIsGiven) {
  const std::string input(1'000'000, 'x');  // more than a pipe holds
  const CommandResult result = run_command("wc -c", seconds(30), kPlenty, input);
  EXPECT_EQ(std::stoul(std::string(as_text(result.output))), input.size());
  EXPECT_EQ(run_command("exit 3", seconds(30), kPlenty, input).exit_code, 3)
      << "it need not read it";
}

TEST(Command, ARequestToStopKillsIt) {
  const TempDirectory directory;
  const std::string command = concat("touch ", directory.path("runs"), "; sleep 60");
  std::stop_source stop;
  const std::jthread asker([&] {
    EXPECT_TRUE(wait_until([&] { return directory.has("runs"); }));
    (void)stop.request_stop();
  });
  const auto before = steady_clock::now();
  EXPECT_EQ(
      kind_of([&] { (void)run_command(command, seconds(60), kPlenty, {}, stop.get_token()); }),
      ErrorKind::kInterrupted);
  EXPECT_LT(steady_clock::now() - before, seconds(30));
}

TEST(Command, NoDescriptorIsInherited) {
  const UniqueFd leaking(::open("/dev/zero", O_RDONLY));  // no O_CLOEXEC
  ASSERT_GT(leaking.get(), 2);
  const std::string descriptors = output_of("ls -l /proc/$$/fd");
  EXPECT_THAT(descriptors, ::testing::HasSubstr("0 -> /dev/null"));
  EXPECT_THAT(descriptors, ::testing::Not(::testing::HasSubstr("/dev/zero")));
}

TEST(Command, SignalsAreAsAShellExpectsThem) {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked, old;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &old);
  EXPECT_EQ(run("kill -PIPE $$").exit_code, 128 + SIGPIPE);
  EXPECT_EQ(run("kill -TERM $$").exit_code, 128 + SIGTERM);
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  ::signal(SIGPIPE, before);
}

TEST(Command, WhatItLeavesInTheBackgroundIsNotWaitedFor) {
  const auto begin = steady_clock::now();
  const CommandResult result = run("sleep 60 & echo $!");
  EXPECT_LT(steady_clock::now() - begin, seconds(20));
  const pid_t left = std::stoi(std::string(as_text(result.output)));
  EXPECT_TRUE(lives(left));
  ::kill(left, SIGKILL);
}

TEST(Command, ABackgroundJobThatPrintsOnAndOnHoldsNothingUp) {
  const auto begin = steady_clock::now();
  const CommandResult result = run("yes >&2 & echo $!");
  EXPECT_LT(steady_clock::now() - begin, seconds(20));
  ::kill(std::stoi(std::string(as_text(result.output))), SIGKILL);
}

TEST(Command, ItsOutputNeverMovesSoThatNoPartOfASecretStaysBehind) {
  EXPECT_GE(run("printf secret").output.capacity(), kPlenty);
}

// The error paths.

TEST(Command, TheTimeLimitKillsTheWholeGroup) {
  const TempDirectory directory;
  const auto begin = steady_clock::now();
  EXPECT_EQ(failure_of("sleep 60 & echo $! > " + directory.path("pid") + "; sleep 60", seconds(1),
                       kPlenty),
            ErrorKind::kTimeout);
  EXPECT_LT(steady_clock::now() - begin, seconds(20));
  EXPECT_TRUE(ends_soon(std::stoi(directory.read("pid"))));
}

TEST(Command, TheTimeLimitHoldsWhenItsOutputIsClosed) {
  const auto begin = steady_clock::now();
  EXPECT_EQ(failure_of("exec >&- 2>&-; sleep 60", seconds(1), kPlenty), ErrorKind::kTimeout);
  EXPECT_LT(steady_clock::now() - begin, seconds(20));
}

TEST(Command, TheTimeLimitHoldsWhileItPrints) {
  EXPECT_EQ(failure_of("while :; do echo x >&2; done", seconds(1), kPlenty), ErrorKind::kTimeout);
}

TEST(Command, TooMuchOutputKillsIt) {
  EXPECT_EQ(run_command("printf 12345", seconds(30), 5).output.size(), 5U);
  EXPECT_EQ(failure_of("printf 123456; sleep 60", seconds(30), 5), ErrorKind::kInvalid);
  EXPECT_EQ(failure_of("cat /dev/zero", seconds(30), kPlenty), ErrorKind::kInvalid);
}

}  // namespace
}  // namespace backshelf
