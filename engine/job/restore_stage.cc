#include "engine/job/restore_stage.h"

#include <unistd.h>

#include <optional>
#include <thread>

#include "engine/archive/extraction.h"
#include "engine/disk/exchange.h"
#include "engine/disk/file.h"
#include "engine/job/restore_checks.h"
#include "engine/job/restore_swap.h"

namespace backshelf {
namespace {

constexpr mode_t kHolderMode = 0700;
constexpr mode_t kMarkMode = 0600;

class TargetStage {
 public:
  TargetStage(Archive& archive, const RestoreTarget& target, RestoredFolder& folder,
              RunningJob& job)
      : archive_(archive), target_(target), folder_(folder), job_(job) {}

  void write(const std::string& mark, const std::stop_token& stop) {
    job_.advance([&](JobProgress& progress) { progress.part = target_.part; });
    try {
      extract(mark, stop);
    } catch (const Error&) {  // cleanup: what went wrong first is what is told
      if (first_) throw *first_;
      throw;
    }
    if (first_) throw *first_;
    const auto made = find_status(folder_.new_path());
    if (made) folder_.attributes = attributes_of(*made);
    // An archive may hold no entry for the folder itself; then the home's knows better than we do.
    const auto before = find_status(folder_.directory);
    if (target_.attr.generated && before) folder_.attributes = attributes_of(*before);
  }

 private:
  void extract(const std::string& mark, const std::stop_token& stop) {
    // One bad entry is enough to refuse, so nobody need wait for the others.
    std::stop_source enough;
    const std::stop_callback cancelled(stop, [&enough] { (void)enough.request_stop(); });
    TreeWriter writer(concat(folder_.holder, "/new"),
                      {.overwrite = false, .owners = ::geteuid() == 0});
    const auto failed = [&](const Error& error) {
      if (!first_) first_ = error;
      (void)enough.request_stop();
    };
    Extraction extraction(archive_, writer, failed, enough.get_token(),
                          std::thread::hardware_concurrency());
    extraction.on_written([this](const FolderAttr& attr) {
      job_.advance([&](JobProgress& progress) {
        ++progress.files;
        progress.bytes += attr.size;
      });
    });
    extraction.add(target_.inner, target_.attr);
    // Before finish() sets the folder's mode and time.
    write_file(concat(folder_.new_path(), "/", mark), {}, kMarkMode, AtomicFile::Existing::kKeep);
    extraction.finish();
  }

  Archive& archive_;
  const RestoreTarget& target_;
  RestoredFolder& folder_;
  RunningJob& job_;
  std::optional<Error> first_;
};

}  // namespace

RestoreJournal journal_for(const RestorePlan& plan, std::string job) {
  RestoreJournal journal;
  journal.job = std::move(job);
  for (const RestoreTarget& target : plan.targets) {
    const std::string parent = target.holder_parent == "/" ? "" : target.holder_parent;
    journal.folders.push_back({.directory = target.directory,
                               .holder = concat(parent, "/", kHolderPrefix, journal.job),
                               .inner = target.inner.text(),
                               .whole = true,
                               .attributes = {}});
  }
  return journal;
}

void stage_content(Archive& archive, const RestoreOrder& order, const RestorePlan& plan,
                   RestoreJournal& journal, RunningJob& job, std::stop_token stop) {
  job.advance([&](JobProgress& progress) {
    progress.folder = order.name;
    progress.files_total = plan.files;
    progress.bytes_total = plan.bytes;
  });
  job.show();
  for (const std::string& holder : journal.holders()) make_directories(holder, kHolderMode);
  for (std::size_t i = 0; i < plan.targets.size(); ++i) {
    TargetStage(archive, plan.targets[i], journal.folders[i], job).write(journal.mark(), stop);
  }
  // Reading showed what opening could not know.
  check_members(archive, order, plan.members);
  sync_folders(journal);
}

}  // namespace backshelf
