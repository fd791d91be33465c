#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "engine/json/json.h"
#include "tools/cli_glue.h"
#include "tools/commands.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxStatusBytes = 4 * kMiB;
// Held by the daemon while it lives; gone with its process, so it cannot lie.
constexpr const char* kDaemonLock = "/daemon.lock";

std::string summary(const Json& status, bool alive) {
  std::string text = alive ? "The daemon runs.\n"
                           : concat("The daemon does not run; its last word was at ",
                                    status["time"].text_or("an unknown time"), ".\n");
  text += concat("State: ", status["state"].text_or("unknown"), "\n");
  text += concat("Last good backup: ", status["last_good"].text_or("none"), "\n");
  for (const Json& problem : status["problems"].items()) {
    text +=
        concat("Problem: ", problem["what"].text_or(""), " (", problem["todo"].text_or(""), ")\n");
  }
  if (!status["kit_saved"].bool_or(false)) {
    text += "Save the emergency kit: backshelf kit --output FILE\n";
  }
  return text;
}

int show_status(const Registry& registry, bool json) {
  const std::string& directory = registry.bench.config().state_path;
  const auto bytes = find_file(concat(directory, "/status.json"), kMaxStatusBytes);
  if (!bytes) {
    throw Error(ErrorKind::kNotFound, "status", "no daemon has run here yet",
                "start it: backshelf mount MOUNTPOINT");
  }
  const bool alive = !FileLock::try_take(concat(directory, kDaemonLock)).has_value();
  if (json) {
    print_bytes(*bytes);
  } else {
    print(summary(parse_json(*bytes), alive));
  }
  if (json && !alive) print_error("the daemon does not run; this is its last word");
  return 0;
}

}  // namespace

void add_status_command(const Registry& registry) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command = registry.app.add_subcommand("status", "What the daemon does, or did last");
  command->add_flag("--json", *json, "For programs");
  command->callback([registry, json] {
    registry.chosen = [registry, json] { return show_status(registry, *json); };
  });
}

}  // namespace backshelf
