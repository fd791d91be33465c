#include "tools/mount_command.h"

#include "engine/base/error.h"
#include "tools/daemon.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

int serve_and_say(const MountRequest& request, const OnReady& on_ready) {
  try {
    return serve_shelf(request, on_ready);
  } catch (const Error& error) {  // boundary: main of the daemon's process
    print_error(error.what());
    return exit_code_of(error.kind());
  } catch (const std::exception& error) {  // boundary: main of the daemon's process
    print_error(concat("mount: ", error.what()));
    return exit_code_of(ErrorKind::kInternal);
  }
}

}  // namespace

int run_mount(const std::vector<std::string>& words, Caller caller) {
  const MountRequest request = parse_mount_request(words, caller);
  if (request.only_pretend) return 0;
  for (const std::string& warning : request.options.warnings) print_error(warning);
  return run_daemon(request.foreground,
                    [&](const OnReady& ready) { return serve_and_say(request, ready); });
}

}  // namespace backshelf
