#include <algorithm>

#include "engine/base/error.h"
#include "engine/control/control.h"
#include "tools/backup_target.h"
#include "tools/commands.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

// 5 whenever something is damaged; else 4 or 5 when nothing is readable, 8 when a part is.
int verdict(const Archive& archive) {
  const State state = archive.state();
  if (state >= State::kTruncated) return exit_code_of(ErrorKind::kDamaged);
  return readable_verdict(archive);
}

void report(const Registry& registry, const Target& target, bool json) {
  const Backup backup = backup_of(target);
  if (json) {
    print(concat(print_json(backup_json(backup)), "\n"));
  } else if (backup.state == State::kOk) {
    if (!registry.bench.options().quiet) {
      print(concat(shown_name(target.word), ": every byte is sound\n"));
    }
  } else {
    print_error(concat(target.word, ": ", backup.problem));
  }
}

int verify_one(const Registry& registry, const std::string& word, bool json) {
  Target target = find_target_on_shelf(registry.bench, word);
  target.archive->check();
  {
    ProgressLine line(registry.bench.options().quiet);
    target.archive->verify(
        [&](const PassProgress& pass) {
          line.show(pass.member, pass.done_bytes, pass.total_bytes);
        },
        registry.stop);
  }
  const bool sound = target.archive->state() == State::kOk;
  const std::optional<Instant> when = sound ? std::optional(SystemClock().now()) : std::nullopt;
  remember_findings(registry.bench, target, when);
  report(registry, target, json);
  return verdict(*target.archive);
}

std::vector<std::string> all_folders(const Registry& registry) {
  std::vector<std::string> folders;
  const std::shared_ptr<const Shelf> shelf = registry.bench.catalog().shelf();
  for (const BackupPtr& backup : shelf->backups) {
    if (!backup->growing) folders.push_back(backup->folder);
  }
  return folders;
}

int verify(const Registry& registry, std::vector<std::string> words, bool json) {
  if (words.size() == 1 && words.front() == "all") words = all_folders(registry);
  if (words.size() == 1) return verify_one(registry, words.front(), json);
  const int damaged = exit_code_of(ErrorKind::kDamaged);
  const int partly = exit_code_of(ErrorKind::kPartial);
  int worst = 0;
  bool some_sound = false;
  for (const std::string& word : words) {
    int code = 0;
    try {
      code = verify_one(registry, word, json);
    } catch (const Error& error) {  // isolation: one archive of several
      if (error.kind() == ErrorKind::kInterrupted) throw;
      print_error(error.what());
      code = exit_code_of(error.kind());
    }
    some_sound = some_sound || code == 0 || code == partly;
    if (worst != damaged && code != 0) worst = code == damaged ? code : std::max(worst, code);
  }
  return worst != 0 && worst != damaged && some_sound ? partly : worst;
}

}  // namespace

void add_verify_command(const Registry& registry) {
  auto words = std::make_shared<std::vector<std::string>>();
  auto json = std::make_shared<bool>(false);
  const ArgumentParser command =
      registry.program.command("verify", "Read every byte and say what is sound");
  command.words("backups", *words, "BACKUP… or all", Presence::kRequired);
  command.flag("--json", *json, "For programs");
  command.when_chosen([registry, words, json] {
    registry.chosen = [registry, words, json] { return verify(registry, *words, *json); };
  });
}

}  // namespace backshelf
