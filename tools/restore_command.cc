#include <functional>

#include "engine/base/error.h"
#include "engine/control/control.h"
#include "engine/disk/file.h"
#include "engine/job/command_text.h"
#include "engine/job/job_board.h"
#include "engine/job/restore_job.h"
#include "engine/job/running_job.h"
#include "tools/commands.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

struct RestoreWords {
  std::vector<std::string> words;
  std::string root;  // --to; empty: the configured home
};

bool names_file(const std::string& word) {
  if (word.find('/') != std::string::npos || word.ends_with(".tar")) return true;
  const auto status = find_status(word);
  return status && !S_ISDIR(status->st_mode);
}

// The grammar of the control file knows folders alone, and this command knows files too.
RestoreCommand parse(const std::vector<std::string>& given, bool is_file) {
  std::vector<std::string> words = {"restore"};
  words.insert(words.end(), given.begin(), given.end());
  if (is_file) words[1] = "latest";
  auto command = std::get<RestoreCommand>(parse_words(words));
  if (is_file) command.folder = given.front();
  return command;
}

// A job outside the queue: of an archive that no shelf knows, or without any configuration.
class SingleRestore {
 public:
  SingleRestore(const Registry& registry, const RestoreCommand& command, const OnProgress& show)
      : registry_(registry),
        board_(registry.bench.clock(), nullptr),
        job_(board_, registry.bench.clock(), first(registry, command), show),
        order_{.name = command.folder,
               .file = {},
               .parts = command.parts,
               .keep_database = command.keep_database,
               .force = command.force} {
    (void)board_.begin(command);
  }

  std::string from_file() {
    const std::shared_ptr<Archive> archive = open();
    return restore_archive(registry_.bench.job_parts(), *archive, order_, board_, job_,
                           registry_.stop);
  }

  std::string to(const std::string& root, bool is_file) {
    std::shared_ptr<Archive> archive;
    if (is_file) {
      archive = open();
    } else {
      const BackupPtr backup = registry_.bench.catalog().resolve(order_.name);
      order_.name = backup->folder;
      archive = registry_.bench.catalog().open(*backup);
    }
    return restore_new_home(*archive, order_, root, registry_.bench.log(), board_, job_,
                            registry_.stop);
  }

 private:
  static JobProgress first(const Registry& registry, const RestoreCommand& command) {
    JobProgress progress;
    progress.command = command_text(command);
    progress.started = registry.bench.clock().now();
    return progress;
  }

  std::shared_ptr<Archive> open() {
    order_.file = order_.name;
    return registry_.bench.open_file(order_.file);
  }

  const Registry& registry_;
  JobBoard board_;
  RunningJob job_;
  RestoreOrder order_;
};

int restore(const Registry& registry, const RestoreWords& given) {
  const bool is_file = !given.words.empty() && names_file(given.words.front());
  const RestoreCommand command = parse(given.words, is_file);
  ProgressLine line(registry.bench.options().quiet);
  const OnProgress show = [&line](const JobProgress& progress) { line.show(progress); };
  std::string answer;
  if (!given.root.empty()) {
    answer = SingleRestore(registry, command, show).to(given.root, is_file);
  } else if (is_file && !registry.bench.has_config()) {
    throw Error(ErrorKind::kUsage, concat("restore ", command.folder),
                "there is no configuration that says where the home is",
                "add: --to ROOT, or name a configuration with -c");
  } else if (is_file) {
    answer = SingleRestore(registry, command, show).from_file();
  } else {
    answer = registry.bench.jobs().run(command, show, registry.stop);
  }
  if (!registry.bench.options().quiet) print(concat(answer, "\n"));
  return 0;
}

}  // namespace

void add_restore_command(const Registry& registry) {
  auto words = std::make_shared<RestoreWords>();
  const ArgumentParser command = registry.program.command(
      "restore", "Put parts of a backup back: BACKUP [parts=…] [database=keep] [force]");
  command.words("words", words->words, "BACKUP, then words as in the control file");
  command.option("--to", words->root, "Make a new home in this folder instead", "ROOT");
  command.when_chosen([registry, words] {
    registry.chosen = [registry, words] { return restore(registry, *words); };
  });
}

}  // namespace backshelf
