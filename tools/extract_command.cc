#include <unistd.h>

#include <optional>
#include <thread>

#include "engine/archive/extraction.h"
#include "engine/base/error.h"
#include "engine/disk/tree_writer.h"
#include "tools/backup_target.h"
#include "tools/commands.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

// What went wrong, and what the command then exits with.
class Problems {
 public:
  void add(const Error& error) {
    print_error(error.what());
    if (!worst_ || exit_code_of(error.kind()) > exit_code_of(*worst_)) worst_ = error.kind();
  }
  [[nodiscard]] int exit_code(bool any_written) const {
    if (!worst_) return 0;
    return exit_code_of(any_written ? ErrorKind::kPartial : *worst_);
  }

 private:
  std::optional<ErrorKind> worst_;
};

int extract(const Registry& registry, const std::string& word, const std::string& destination,
            bool overwrite) {
  const Target target = find_target(registry.bench, word, WithPath::kYes);
  target.archive->check();
  const FolderAttr attr = find_entry(target, registry.stop);
  TreeWriter writer(destination, {.overwrite = overwrite, .owners = ::geteuid() == 0});
  Problems problems;
  Extraction extraction(
      *target.archive, writer, [&](const Error& error) { problems.add(error); }, registry.stop,
      std::thread::hardware_concurrency());
  extraction.add(target.path, attr);
  extraction.finish();
  // Parts whose key or format fails are no folders, so the walk did not meet them.
  for (const MemberInfo& member : target.archive->members()) {
    const auto failure = failure_of(member.state);
    const bool asked = target.path.is_root() || target.path.text() == "apps";
    if (asked && failure) problems.add(Error(*failure, member.member, member.problem));
  }
  if (const auto failure = failure_of(target.archive->state());
      failure && target.path.is_root() && target.archive->state() > State::kDamaged) {
    problems.add(Error(*failure, target.word, target.archive->problem()));
  }
  return problems.exit_code(extraction.written() > 0);
}

}  // namespace

void add_extract_command(const Registry& registry) {
  struct Words {
    std::string word, destination;
    bool overwrite = false;
  };
  auto words = std::make_shared<Words>();
  const ArgumentParser command = registry.program.command("extract", "Copy files out of a backup");
  command.word("backup", words->word, "BACKUP or BACKUP:PATH", Presence::kRequired);
  command.word("destination", words->destination, "Folder to write into", Presence::kRequired);
  command.flag("--overwrite", words->overwrite, "Replace files that are already there");
  command.when_chosen([registry, words] {
    registry.chosen = [registry, words] {
      return extract(registry, words->word, words->destination, words->overwrite);
    };
  });
}

}  // namespace backshelf
