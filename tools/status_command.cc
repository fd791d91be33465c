#include <thread>

#include "engine/base/error.h"
#include "engine/control/shown_text.h"
#include "engine/disk/file.h"
#include "engine/json/json.h"
#include "tools/commands.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxStatusBytes = 4 * kMiB;
// Held by the daemon while it lives; gone with its process, so it cannot lie.
constexpr const char* kDaemonLock = "/daemon.lock";

std::string job_text(const Json& job) {
  if (!job.is_object()) return {};
  std::string text = concat("Doing: ", job["command"].text_or(""));
  const std::string part = shown_name(job["part"].text_or(""));
  if (!part.empty()) text += concat(", ", part);
  const auto done = static_cast<std::uint64_t>(job["bytes"].int_or(0));
  const auto total = static_cast<std::uint64_t>(job["bytes_total"].int_or(0));
  if (total > 0) text += concat(", ", shown_size(done), " of ", shown_size(total));
  return text + "\n";
}

std::string last_backup_text(const Json& last) {
  if (!last.is_object()) return {};
  const std::string problem = shown_name(last["problem"].text_or(""));
  return concat("Last backup: ", shown_name(last["folder"].text_or("")), ", ",
                last["date"].text_or(""),
                last["ok"].bool_or(false) ? "" : concat(", failed: ", problem), "\n");
}

std::string summary(const Json& status, bool alive) {
  std::string text = alive ? "The daemon runs.\n"
                           : concat("The daemon does not run; its last word was at ",
                                    status["time"].text_or("an unknown time"), ".\n");
  text += concat("State: ", status["state"].text_or("unknown"), "\n", job_text(status["job"]));
  text += last_backup_text(status["last_backup"]);
  text += concat("Last good backup: ", shown_name(status["last_good"].text_or("none")), "\n");
  for (const Json& place : status["locations"].items()) {
    text += concat("Location ", place["location"].text_or(""), ": ", place["state"].text_or(""),
                   ", ", place["backups"].int_or(0), " backups, ",
                   shown_size(static_cast<std::uint64_t>(place["free"].int_or(0))), " free\n");
  }
  for (const Json& problem : status["problems"].items()) {
    const std::string todo = problem["todo"].text_or("");
    text += concat("Problem: ", shown_name(problem["what"].text_or("")),
                   todo.empty() ? "" : concat(" (", todo, ")"), "\n");
  }
  if (!status["kit_saved"].bool_or(false)) {
    text += "Save the emergency kit: backshelf kit --output FILE\n";
  }
  return text;
}

// The lock's file is left alone when it is not there: asking must change nothing.
bool is_alive(const std::string& directory) {
  const std::string lock = concat(directory, kDaemonLock);
  return find_status(lock).has_value() && !FileLock::try_take(lock).has_value();
}

int show_status(const Registry& registry, bool json) {
  const std::string& directory = registry.bench.config().state_path;
  const auto bytes = find_file(concat(directory, "/status.json"), kMaxStatusBytes);
  if (!bytes) {
    throw Error(ErrorKind::kNotFound, "status", "no daemon has run here yet",
                "start it: backshelf mount MOUNTPOINT");
  }
  const bool alive = is_alive(directory);
  if (json) {
    print_bytes(*bytes);
  } else {
    print(summary(parse_json(*bytes), alive));
  }
  if (json && !alive) print_error("the daemon does not run; this is its last word");
  return 0;
}

int watch_status(const Registry& registry, bool json) {
  constexpr std::string_view kClear = "\033[H\033[2J";
  constexpr auto kStep = std::chrono::milliseconds(100);
  while (!registry.stop.stop_requested()) {
    if (output_is_terminal()) print(kClear);
    (void)show_status(registry, json);
    for (int step = 0; step < 10 && !registry.stop.stop_requested(); ++step) {
      std::this_thread::sleep_for(kStep);
    }
  }
  return 0;
}

}  // namespace

void add_status_command(const Registry& registry) {
  auto json = std::make_shared<bool>(false);
  auto watch = std::make_shared<bool>(false);
  const ArgumentParser command =
      registry.program.command("status", "What the daemon does, or did last");
  command.flag("--json", *json, "For programs");
  command.flag("--watch", *watch, "Again every second, until Ctrl-C");
  command.when_chosen([registry, json, watch] {
    registry.chosen = [registry, json, watch] {
      return *watch ? watch_status(registry, *json) : show_status(registry, *json);
    };
  });
}

}  // namespace backshelf
