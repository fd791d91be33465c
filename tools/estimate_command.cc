#include <algorithm>

#include "engine/control/control.h"
#include "engine/control/estimate_text.h"
#include "tools/commands.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

// The words of `backup` that say what and where; a name makes no difference here.
BackupCommand command_of(const std::vector<std::string>& words) {
  std::vector<std::string> all = {"backup"};
  for (const std::string& word : words) {
    constexpr std::string_view kTaken[] = {"parts=", "database=", "to="};
    const bool known =
        word == "full" || std::any_of(std::begin(kTaken), std::end(kTaken),
                                      [&](auto start) { return word.starts_with(start); });
    if (!known) {
      throw Error(ErrorKind::kUsage, "estimate", concat("unknown word '", word, "'"),
                  "it takes: parts=… database=exclude to=…");
    }
    all.push_back(word);
  }
  return std::get<BackupCommand>(parse_words(all));
}

}  // namespace

void add_estimate_command(const Registry& registry) {
  auto words = std::make_shared<std::vector<std::string>>();
  const ArgumentParser command = registry.program.command(
      "estimate", "What a backup would hold and need: [parts=config,ssl,…] [database=exclude]");
  command.words("words", *words, "As for backup");
  command.when_chosen([registry, words] {
    registry.chosen = [registry, words] {
      const BackupCommand wanted = command_of(*words);
      print(estimate_text(estimate_home(registry.bench.job_parts(), wanted, registry.stop)));
      return 0;
    };
  });
}

}  // namespace backshelf
