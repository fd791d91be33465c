#include "engine/home/part_walk.h"

#include "engine/disk/file_stream.h"
#include "engine/disk/memory_file.h"
#include "engine/disk/source_walk.h"
#include "engine/home/reach.h"

namespace backshelf {
namespace {

// Into a text that is used again: entries are many.
void set_below(std::string& text, const std::string& prefix, std::string_view path) {
  text = prefix;
  if (!prefix.empty() && !path.empty()) text += '/';
  text += path;
}

// Home Assistant's `home-assistant_v?.db` and its write-ahead log.
bool is_database(const HomeTree& tree, std::string_view path) {
  static const GlobSet kDatabase(
      std::vector<std::string>{"home-assistant_v?.db", "home-assistant_v?.db-wal"});
  return tree.shown == "config" && path.starts_with("home-assistant_v") && kDatabase.matches(path);
}

}  // namespace

class PartWalk::TreeVisitor final : public WalkVisitor {
 public:
  TreeVisitor(const PartWalk& walk, const HomeTree& tree, const PartWalkCalls& calls)
      : walk_(walk), tree_(tree), calls_(calls), ha_excludes_(tree.excludes) {}

  [[nodiscard]] bool wants(std::string_view path) override {
    set_below(text_, tree_.excluded_as, path);
    if (ha_excludes_.matches(text_)) return false;
    set_below(text_, tree_.shown, path);
    return !walk_.excludes_.matches(text_) && (walk_.database_ || !is_database(tree_, path));
  }

  bool visit(WalkItem item) override {
    const struct stat& status = item.status;
    if (item.path.empty()) device_ = status.st_dev;
    if (S_ISSOCK(status.st_mode)) return false;
    set_below(text_, tree_.shown, item.path);
    set_below(tar_path_, tree_.prefix, item.path);
    if (tar_path_.empty()) tar_path_ = ".";
    calls_.found(
        {tar_path_, text_, status, item.link_target, item.file, is_database(tree_, item.path)});
    if (!S_ISDIR(status.st_mode)) return false;
    if (tree_.one_file_system && status.st_dev != device_) {
      calls_.skipped({text_, "another file system is mounted there"});
    }
    return !walk_.left_out_.contains({status.st_dev, status.st_ino});
  }

  void failed(std::string_view path, const Error& error) override {
    if (path.empty()) throw Error(error);
    set_below(text_, tree_.shown, path);
    calls_.skipped({text_, error.why()});
  }

 private:
  const PartWalk& walk_;
  const HomeTree& tree_;
  const PartWalkCalls& calls_;
  const GlobSet ha_excludes_;
  dev_t device_ = 0;
  std::string text_, tar_path_;
};

PartWalk::PartWalk(const HomeSourceOptions& options)
    : database_(options.database), excludes_(options.exclude) {
  for (const std::string& directory : options.leave_out) {
    const auto status = reach_status(directory);
    if (status) left_out_.emplace(status->st_dev, status->st_ino);
  }
}

void PartWalk::run(const HomePart& part, bool open_files, const PartWalkCalls& calls) const {
  for (const std::string& path : part.files) file(path, open_files, calls);
  for (const MadeFile& file : part.made) made(file, open_files, calls);
  for (const HomeTree& tree : part.trees) {
    TreeVisitor visitor(*this, tree, calls);
    walk(tree.directory, {.one_file_system = tree.one_file_system, .open_files = open_files},
         visitor);
  }
}

void PartWalk::file(const std::string& path, bool open_files, const PartWalkCalls& calls) const {
  const auto status = find_status(path);
  if (!status) return;
  if (!S_ISREG(status->st_mode)) return calls.skipped({path, "it is no regular file"});
  const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
  UniqueFd file;
  if (!open_files) return calls.found({name, path, *status, {}, file});
  struct stat now {};
  try {
    file = open_regular_file(path);
    now = FileStream::look_at(file, path);
  } catch (const Error& error) {  // isolation: one source file
    return calls.skipped({path, error.why()});
  }
  calls.found({name, path, now, {}, file});
}

void PartWalk::made(const MadeFile& made, bool open_files, const PartWalkCalls& calls) {
  struct stat status {};  // root's, as the Supervisor's own
  status.st_mode = S_IFREG | 0600;
  status.st_nlink = 1;
  status.st_size = static_cast<off_t>(made.text.size());
  status.st_mtim = {static_cast<time_t>(made.mtime.seconds),
                    static_cast<long>(made.mtime.nanoseconds)};
  status.st_ctim.tv_sec = -1;  // nothing tells it unchanged
  UniqueFd file = open_files ? memory_file(made.text) : UniqueFd();
  calls.found({made.name, made.shown, status, {}, file});
}

}  // namespace backshelf
