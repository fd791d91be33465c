#include <string_view>

#include "tools/command_line.h"
#include "tools/mount_command.h"
#include "tools/signals.h"

namespace {

// Installed also as mount.backshelf and mount.fuse.backshelf, which mount(8) looks for.
bool is_mount_helper(std::string_view program) {
  return program.substr(program.rfind('/') + 1).starts_with("mount.");
}

}  // namespace

int main(int argc, char** argv) {
  using backshelf::Caller;
  backshelf::harden_process();
  std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  Caller caller = Caller::kPerson;
  if (argc > 0 && is_mount_helper(argv[0])) {
    caller = Caller::kMountHelper;
    words.insert(words.begin(), "mount");
  } else if (backshelf::is_mount_fuse_call(words)) {
    words.insert(words.begin(), "mount");
  }
  return backshelf::run_command_line(words, [caller](const std::vector<std::string>& rest) {
    return backshelf::run_mount(rest, caller);
  });
}
