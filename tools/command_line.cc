#include "tools/command_line.h"

#include <algorithm>
#include <numeric>

#include "engine/base/error.h"
#include "engine/control/control.h"
#include "tools/commands.h"
#include "tools/signals.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

constexpr const char* kCommands[] = {
    "mount",        "backup",          "list",     "show",  "ls",     "cat",    "extract",
    "delete",       "undelete",        "pin",      "unpin", "verify", "status", "kit",
    "check-config", "export",          "restore",  "copy",  "prune",  "repair", "diff",
    "keys",         "repair-sidecars", "estimate", "import"};

std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({change, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row.back();
}

Error unknown_command(const std::string& word) {
  const std::string near = suggest_command(word);
  return Error(
      ErrorKind::kUsage, concat("'", word, "'"), "there is no such command",
      near.empty() ? "backshelf --help lists them" : concat("did you mean: backshelf ", near));
}

void add_common_options(const ArgumentParser& program, CommonOptions& options) {
  program.option("-c", options.config_path, "Configuration file", "INI");
  program.repeated("-k", options.key_options, "File with the key, keys, or an emergency kit",
                   "KEYFILE");
  program.flag("-q", options.quiet, "Say less");
  program.flag("-v", options.verbose, "Say more");
  program.version("backshelf 0.1.0");
  program.allow_anywhere();
}

// The first word that is neither an option nor an option's value.
std::string command_word(const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "-c" || words[i] == "-k") {
      ++i;
    } else if (!words[i].starts_with("-")) {
      return words[i];
    }
  }
  return {};
}

int parse_and_run(const std::vector<std::string>& words) {
  const std::string word = command_word(words);
  const bool known =
      std::find(std::begin(kCommands), std::end(kCommands), word) != std::end(kCommands);
  if (!word.empty() && !known) throw unknown_command(word);

  const ArgumentParser program("Every encrypted Home Assistant backup is a folder you can open.",
                               "backshelf");
  CommonOptions options;
  add_common_options(program, options);
  Action chosen;
  StopOnSignal signals;
  std::unique_ptr<Workbench> bench = std::make_unique<Workbench>(options);
  const Registry registry{program, *bench, chosen, signals.token()};
  add_read_commands(registry);
  add_extract_command(registry);
  add_export_command(registry);
  add_import_command(registry);
  add_repair_command(registry);
  add_diff_command(registry);
  add_keys_command(registry);
  add_kit_command(registry);
  add_sidecar_command(registry);
  add_list_commands(registry);
  add_change_commands(registry);
  add_restore_command(registry);
  add_verify_command(registry);
  add_estimate_command(registry);
  add_status_command(registry);
  add_service_commands(registry);
  (void)program.command("mount", "Show backups as folders: [SOURCE] MOUNTPOINT");
  if (!program.parse(words, "command line",
                     concat("see: backshelf ", word, word.empty() ? "--help" : " --help"))) {
    return 0;
  }
  if (!chosen) {
    throw Error(ErrorKind::kUsage, "no command given", "there is nothing to do",
                "for example: backshelf list; backshelf --help lists all commands");
  }
  return chosen();
}

}  // namespace

std::string suggest_command(const std::string& word) {
  std::string best;
  std::size_t nearest = 3;  // two mistakes at most
  for (const char* command : kCommands) {
    const std::size_t away = distance(word, command);
    if (away < nearest) {
      nearest = away;
      best = command;
    }
  }
  return best;
}

int run_command_line(const std::vector<std::string>& words, const MountCommand& mount) {
  try {
    if (mount && command_word(words) == "mount") {
      // Common options may stand before the command.
      std::vector<std::string> rest = words;
      rest.erase(std::find(rest.begin(), rest.end(), "mount"));
      return mount(rest);
    }
    return parse_and_run(words);
  } catch (const OutputClosed&) {  // boundary: main; `| head` is no failure
    return 0;
  } catch (const Error& error) {  // boundary: main
    print_error(error.what());
    return exit_code_of(error.kind());
  } catch (const std::bad_alloc&) {  // boundary: main
    print_error("out of memory: the machine has none left (end other programs)");
    return exit_code_of(ErrorKind::kInternal);
  } catch (const std::exception& error) {  // boundary: main
    print_error(concat("unexpected: ", error.what(), " (this is a mistake in backshelf)"));
    return exit_code_of(ErrorKind::kInternal);
  }
}

}  // namespace backshelf
