#include "engine/job/verify_job.h"

#include <optional>
#include "engine/archive/state_failure.h"

namespace backshelf {
namespace {

constexpr const char* kDamagedCode = "damaged";
constexpr const char* kUnverifiedCode = "not-verified";

bool is_damage(ErrorKind kind) {
  return exit_code_of(kind) == exit_code_of(ErrorKind::kDamaged);
}

std::string todo_of(ErrorKind kind) {
  if (!is_damage(kind)) return "give its key with -k, or in the file `old` of [key]";
  return "make a new backup; another copy of this one may be sound";
}

class Verification {
 public:
  Verification(const JobParts& parts, JobBoard& board, RunningJob& job, std::stop_token stop)
      : parts_(parts), board_(board), job_(job), stop_(std::move(stop)) {}

  void backup(const BackupPtr& backup) {
    try {
      read(*backup);
      ++sound_;
      board_.settle(kDamagedCode, concat("backup ", backup->folder, ":"));
      board_.settle(kUnverifiedCode, concat("backup ", backup->folder, ":"));
    } catch (const Error& error) {  // isolation: one archive
      if (error.kind() == ErrorKind::kInterrupted) throw;
      if (!parts_.catalog.shelf()->by_slot(backup->slot)) return;  // deleted meanwhile
      parts_.log.warning(error.what());
      board_.report(is_damage(error.kind()) ? kDamagedCode : kUnverifiedCode, error);
      note(error);
    }
  }

  [[nodiscard]] std::string result() const {
    if (!worst_) {
      if (sound_ == 0) return "there is no backup to verify";
      return concat(sound_, sound_ == 1 ? " backup is" : " backups are", " sound, every byte");
    }
    if (failed_ + sound_ == 1) throw *worst_;
    const ErrorKind kind =
        is_damage(worst_->kind()) || sound_ == 0 ? worst_->kind() : ErrorKind::kPartial;
    throw Error(kind, concat("verify: ", failed_, " of ", failed_ + sound_, " backups"),
                worst_->what());
  }

 private:
  void read(const Backup& backup) {
    const std::shared_ptr<Archive> archive = parts_.catalog.open(backup);
    job_.advance([&](JobProgress& progress) {
      progress.folder = backup.folder;
      progress.part.clear();
      progress.bytes = 0;
      progress.bytes_total = archive->size();
    });
    job_.show();
    archive->check();
    archive->verify([this](const PassProgress& pass) { tell(pass); }, stop_);
    const State state = archive->state();
    const bool sound = state == State::kOk;
    parts_.catalog.remember(backup, *archive,
                            sound ? std::optional(parts_.clock.now()) : std::nullopt);
    if (sound) return;
    const ErrorKind kind = failure_of(state).value_or(ErrorKind::kDamaged);
    throw Error(kind, concat("backup ", backup.folder), archive->problem(), todo_of(kind));
  }

  void tell(const PassProgress& pass) {
    job_.advance([&](JobProgress& progress) {
      progress.part = pass.member;
      progress.bytes = pass.done_bytes;
      progress.bytes_total = pass.total_bytes;
    });
  }

  void note(const Error& error) {
    ++failed_;
    if (!worst_ || (is_damage(error.kind()) && !is_damage(worst_->kind()))) worst_ = error;
  }

  const JobParts& parts_;
  JobBoard& board_;
  RunningJob& job_;
  const std::stop_token stop_;
  std::size_t sound_ = 0, failed_ = 0;
  std::optional<Error> worst_;
};

}  // namespace

std::string verify_backups(const JobParts& parts, const VerifyCommand& command, JobBoard& board,
                           RunningJob& job, std::stop_token stop) {
  Verification verification(parts, board, job, stop);
  if (command.folders.empty()) {
    // Kept: each result makes the catalog show another shelf.
    const std::shared_ptr<const Shelf> shelf = parts.catalog.shelf();
    for (const BackupPtr& backup : shelf->backups) {
      if (!backup->growing) verification.backup(backup);
    }
  }
  for (const std::string& folder : command.folders) {
    verification.backup(parts.catalog.resolve(folder));
  }
  return verification.result();
}

}  // namespace backshelf
