#include <array>

#include "engine/base/error.h"
#include "tools/backup_target.h"
#include "tools/commands.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

constexpr std::size_t kPrintBytes = 256 * kKiB;

// What is missing from the folder, and why; returns the exit code.
int tell_unreadable(const Target& target) {
  const Archive& archive = *target.archive;
  const State state = archive.state();
  bool told = false;
  for (const MemberInfo& member : archive.members()) {
    if (!failure_of(member.state)) continue;
    print_error(concat(member.member, ": ", member.problem));
    told = true;
  }
  if (failure_of(state) && (!told || state > State::kDamaged)) {
    print_error(concat(target.word, ": ", archive.problem()));
  }
  return readable_verdict(archive);
}

int list_entries(const Registry& registry, const std::string& word) {
  const Target target = find_target(registry.bench, word, WithPath::kYes);
  target.archive->check();
  const FolderAttr attr = find_entry(target, registry.stop);
  if (attr.type != EntryType::kDirectory) {
    print(concat(shown_name(target.path.name()), "\n"));
    return 0;
  }
  const std::uint32_t count = target.archive->child_count(attr.id, registry.stop);
  for (std::uint32_t i = 0; i < count; ++i) {
    const FolderChild child = target.archive->child(attr.id, i);
    const bool folder = child.attr.type == EntryType::kDirectory;
    print(concat(shown_name(child.name), folder ? "/\n" : "\n"));
  }
  return target.path.is_root() ? tell_unreadable(target) : 0;
}

int print_content(const Registry& registry, const std::string& word) {
  const Target target = find_target(registry.bench, word, WithPath::kYes);
  if (target.path.is_root()) {
    throw Error(ErrorKind::kUsage, concat("cat ", word), "it names a backup and no file in it",
                concat("for example: backshelf cat ", word, ":config/automations.yaml"));
  }
  target.archive->check();
  const FolderAttr attr = find_entry(target, registry.stop);
  if (attr.type != EntryType::kFile) {
    throw Error(ErrorKind::kUsage, word, "it is no file", concat("look with: backshelf ls ", word));
  }
  ByteVec buffer(kPrintBytes);
  std::uint64_t offset = 0;
  while (const std::size_t count = target.archive->read(attr.id, offset, buffer, registry.stop)) {
    print_bytes(ByteView(buffer).first(count));
    offset += count;
  }
  return 0;
}

}  // namespace

void add_read_commands(const Registry& registry) {
  auto word = std::make_shared<std::string>();
  const ArgumentParser ls = registry.program.command("ls", "List what is in a backup");
  ls.word("backup", *word, "BACKUP or BACKUP:PATH", Presence::kRequired);
  ls.when_chosen([registry, word] {
    registry.chosen = [registry, word] { return list_entries(registry, *word); };
  });
  const ArgumentParser cat = registry.program.command("cat", "Print a file of a backup");
  cat.word("file", *word, "BACKUP:PATH", Presence::kRequired);
  cat.when_chosen([registry, word] {
    registry.chosen = [registry, word] { return print_content(registry, *word); };
  });
}

}  // namespace backshelf
