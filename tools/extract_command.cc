#include <unistd.h>

#include <map>

#include "engine/base/error.h"
#include "engine/disk/tree_writer.h"
#include "tools/backup_target.h"
#include "tools/commands.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

constexpr std::size_t kReadBytes = kMiB;

class Extraction {
 public:
  Extraction(Archive& archive, TreeWriter& writer, std::stop_token stop)
      : archive_(archive), writer_(writer), stop_(std::move(stop)) {}

  void add(const RelPath& path, const FolderAttr& attr) {
    try {
      add_or_throw(path, attr);
    } catch (const Error& error) {  // isolation: one entry is told, and the rest goes on
      if (error.kind() == ErrorKind::kInterrupted || error.kind() == ErrorKind::kNoSpace) throw;
      const bool named = error.what_failed().find(path.text()) != std::string::npos;
      failed(named ? error : error.in(path.text()));
    }
  }
  void failed(const Error& error) {
    print_error(error.what());
    if (!worst_ || exit_code_of(error.kind()) > exit_code_of(*worst_)) worst_ = error.kind();
  }
  [[nodiscard]] int exit_code() const {
    if (!worst_) return 0;
    return exit_code_of(written_ > 0 ? ErrorKind::kPartial : *worst_);
  }

 private:
  // Depth is bounded by RelPath::kMaxDepth, which every tree keeps.
  void add_or_throw(const RelPath& path, const FolderAttr& attr) {
    const TreeAttributes attributes = attributes_of(attr);
    switch (attr.type) {
      case EntryType::kDirectory:
        writer_.add_directory(path, attributes);
        add_children(path, attr.id);
        return;
      case EntryType::kSymlink:
        writer_.add_symlink(path, archive_.link_target(attr.id), attributes);
        break;
      case EntryType::kFile:
        add_file(path, attr, attributes);
        break;
      case EntryType::kFifo:
        writer_.add_fifo(path, attributes);
        break;
      default:  // devices of another machine are not made here
        return;
    }
    if (attr.id.slot != 0) ++written_;
  }
  [[nodiscard]] TreeAttributes attributes_of(const FolderAttr& attr) {
    if (attr.generated) return {attr.mode, ::geteuid(), ::getegid(), attr.mtime};
    if (attr.type != EntryType::kFile || attr.link_count < 2) {
      return {attr.mode, attr.uid, attr.gid, attr.mtime};
    }
    // All names of a file share what the file itself has, whichever of them comes first.
    const FolderAttr file = archive_.attr({static_cast<std::uint32_t>(attr.content_key >> 32),
                                           static_cast<NodeIndex>(attr.content_key & 0xFFFFFFFF)},
                                          stop_);
    return {file.mode, file.uid, file.gid, file.mtime};
  }
  void add_children(const RelPath& path, FolderId id) {
    const std::uint32_t count = archive_.child_count(id, stop_);
    for (std::uint32_t i = 0; i < count; ++i) {
      const FolderChild child = archive_.child(id, i);
      add(path.child(child.name), child.attr);
    }
  }
  void add_file(const RelPath& path, const FolderAttr& attr, const TreeAttributes& attributes) {
    if (attr.link_count > 1) {
      const auto first = first_names_.find(attr.content_key);
      if (first != first_names_.end()) return writer_.add_hard_link(path, first->second);
    }
    writer_.add_file(path, attributes, [&](Sink& sink) { copy(attr, sink); });
    if (attr.link_count > 1) first_names_.emplace(attr.content_key, path);
  }
  void copy(const FolderAttr& attr, Sink& sink) {
    buffer_.resize(kReadBytes);
    std::uint64_t offset = 0;
    while (const std::size_t count = archive_.read(attr.id, offset, buffer_, stop_)) {
      sink.write(ByteView(buffer_).first(count));
      offset += count;
    }
    if (offset != attr.size) {
      throw Error(ErrorKind::kTruncated, "read a file of the backup", "it ends before its end");
    }
  }

  Archive& archive_;
  TreeWriter& writer_;
  std::stop_token stop_;
  std::map<std::uint64_t, RelPath> first_names_;  // hard links: content to its first name
  ByteVec buffer_;
  std::uint64_t written_ = 0;
  std::optional<ErrorKind> worst_;
};

int extract(const Registry& registry, const std::string& word, const std::string& destination,
            bool overwrite) {
  const Target target = find_target(registry.bench, word, WithPath::kYes);
  target.archive->check();
  const FolderAttr attr = find_entry(target, registry.stop);
  TreeWriter writer(destination, {.overwrite = overwrite, .owners = ::geteuid() == 0});
  Extraction extraction(*target.archive, writer, registry.stop);
  extraction.add(target.path, attr);
  // Parts whose key or format fails are no folders, so the walk did not meet them.
  for (const MemberInfo& member : target.archive->members()) {
    const auto failure = failure_of(member.state);
    const bool asked = target.path.is_root() || target.path.text() == "apps";
    if (asked && failure) extraction.failed(Error(*failure, member.member, member.problem));
  }
  if (const auto failure = failure_of(target.archive->state());
      failure && target.path.is_root() && target.archive->state() > State::kDamaged) {
    extraction.failed(Error(*failure, target.word, target.archive->problem()));
  }
  writer.finish();
  return extraction.exit_code();
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
