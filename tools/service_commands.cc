#include <unistd.h>

#include <csignal>

#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "engine/keys/key_files.h"
#include "tools/commands.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxIniBytes = kMiB;

int check_config(const Registry& registry) {
  const std::string path = config_path_of(registry.bench.options());
  if (!find_status(path)) {
    throw Error(ErrorKind::kUsage, path, "there is no such configuration", "give one with -c");
  }
  const ParsedConfig parsed = parse_config(read_file(path, kMaxIniBytes), defaults_of_user());
  for (const ConfigProblem& problem : parsed.problems) {
    print_error(concat(path, ":", problem.line, ": ", problem.text));
  }
  if (!parsed.problems.empty()) return exit_code_of(ErrorKind::kUsage);
  bool usable = true;
  for (const LocationConfig& place : parsed.config.locations) {
    if (place.type == "directory") continue;
    print_error(concat(path, ": [location ", place.name, "]: type = ", place.type,
                       " is not in this version (take the section out, or give it type = ",
                       "directory and a path)"));
    usable = false;
  }
  if (!usable) return exit_code_of(ErrorKind::kUsage);
  if (!registry.bench.options().quiet) print(concat(path, ": no mistake found\n"));
  for (const std::string& setting : parsed.config.without_effect) {
    print(concat("No effect in this version: ", setting, "\n"));
  }
  return 0;
}

}  // namespace

void add_service_commands(const Registry& registry) {
  const ArgumentParser check =
      registry.program.command("check-config", "Name every mistake in the INI");
  check.when_chosen(
      [registry] { registry.chosen = [registry] { return check_config(registry); }; });
}

}  // namespace backshelf
