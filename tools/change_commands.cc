#include "engine/control/control.h"
#include "tools/commands.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

struct Verb {
  const char* name;
  const char* help;
};
constexpr Verb kVerbs[] = {
    {"backup", "Make a backup: [full] [name=…] [parts=config,ssl,…] [database=exclude] [to=…]"},
    {"copy", "Copy backups to other locations: FOLDER… to=LOCATION,…"},
    {"prune", "Delete what the retention rules no longer keep: [dry-run]"},
    {"delete", "Delete backups: FOLDER… [force]"},
    {"undelete", "Bring deleted backups back: FOLDER…"},
    {"pin", "Protect backups from every deletion: FOLDER…"},
    {"unpin", "End that protection: FOLDER…"},
};

int run(const Registry& registry, const std::vector<std::string>& words) {
  const Command command = parse_words(words);
  if (std::holds_alternative<BackupCommand>(command)) registry.bench.make_first_key();
  Jobs& jobs = registry.bench.jobs();
  ProgressLine line(registry.bench.options().quiet);
  const std::string answer = jobs.run(
      command, [&line](const JobProgress& progress) { line.show(progress); }, registry.stop);
  if (!registry.bench.options().quiet && !answer.empty()) print(concat(answer, "\n"));
  return 0;
}

}  // namespace

void add_change_commands(const Registry& registry) {
  for (const Verb& verb : kVerbs) {
    auto words = std::make_shared<std::vector<std::string>>();
    const ArgumentParser command = registry.program.command(verb.name, verb.help);
    command.words("words", *words, "As in the control file");
    const std::string name = verb.name;
    command.when_chosen([registry, words, name] {
      registry.chosen = [registry, words, name] {
        std::vector<std::string> all = {name};
        all.insert(all.end(), words->begin(), words->end());
        return run(registry, all);
      };
    });
  }
}

}  // namespace backshelf
