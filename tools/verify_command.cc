#include "engine/base/error.h"
#include "engine/control/control.h"
#include "tools/backup_target.h"
#include "tools/cli_glue.h"
#include "tools/commands.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

// Contract: 4 or 5 when nothing is readable, 8 when part of it is, 5 whenever something is damaged.
int verdict(const Archive& archive) {
  const auto worst = failure_of(archive.state());
  if (!worst) return 0;
  if (exit_code_of(*worst) == exit_code_of(ErrorKind::kDamaged)) return exit_code_of(*worst);
  for (const MemberInfo& member : archive.members()) {
    if (!failure_of(member.state)) return exit_code_of(ErrorKind::kPartial);
  }
  return exit_code_of(*worst);
}

int verify_one(const Registry& registry, const Target& target, bool json) {
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
  if (target.backup) registry.bench.catalog().remember(*target.backup, *target.archive, when);
  if (json) {
    Json row = Json::object();
    row.set("folder", target.backup ? target.backup->folder : target.word);
    row.set("state", name_of(target.archive->state()));
    row.set("problem", sound ? Json() : Json(target.archive->problem()));
    row.set("verified", when ? Json(to_rfc3339(*when)) : Json());
    print(concat(print_json(row), "\n"));
  } else if (sound && !registry.bench.options().quiet) {
    print(concat(shown_name(target.word), ": every byte is sound\n"));
  } else if (!sound) {
    print_error(concat(target.word, ": ", target.archive->problem()));
  }
  return verdict(*target.archive);
}

int verify(const Registry& registry, std::vector<std::string> words, bool json) {
  if (words.size() == 1 && words.front() == "all") {
    words.clear();
    for (const BackupPtr& backup : registry.bench.catalog().shelf()->backups) {
      words.push_back(backup->folder);
    }
  }
  const int damaged = exit_code_of(ErrorKind::kDamaged);
  int result = 0;
  std::size_t sound = 0;
  for (const std::string& word : words) {
    const int code = verify_one(registry, find_target(registry.bench, word, WithPath::kNo), json);
    if (code == 0) ++sound;
    if (code == damaged || result == 0) result = code == 0 ? result : code;
  }
  return sound > 0 && result != 0 && result != damaged ? exit_code_of(ErrorKind::kPartial) : result;
}

}  // namespace

void add_verify_command(const Registry& registry) {
  auto words = std::make_shared<std::vector<std::string>>();
  auto json = std::make_shared<bool>(false);
  CLI::App* command =
      registry.app.add_subcommand("verify", "Read every byte and say what is sound");
  command->add_option("backups", *words, "BACKUP… or all")->required();
  command->add_flag("--json", *json, "For programs");
  command->callback([registry, words, json] {
    registry.chosen = [registry, words, json] { return verify(registry, *words, *json); };
  });
}

}  // namespace backshelf
