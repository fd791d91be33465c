#include "engine/job/copy_job.h"

#include <algorithm>

#include "engine/job/places.h"
#include "engine/job/put_archive.h"

namespace backshelf {
namespace {

void add_words(std::string& text, std::string_view separator, std::string_view more) {
  text += concat(text.empty() ? "" : separator, more);
}

bool same_members(const Backup& a, const Backup& b) {
  return std::equal(a.members.begin(), a.members.end(), b.members.begin(), b.members.end(),
                    [](const MemberInfo& one, const MemberInfo& other) {
                      return one.member == other.member && one.size == other.size;
                    });
}

// The same archive, whatever it is called there.
BackupPtr find_copy(const Shelf& shelf, const Backup& backup, const std::string& place) {
  const auto is_copy = [&](const BackupPtr& other) {
    return other->location == place && !other->growing && !backup.slug.empty() &&
           other->slug == backup.slug && other->date == backup.date && other->name == backup.name &&
           other->object.size == backup.object.size && same_members(*other, backup);
  };
  const auto found = std::find_if(shelf.backups.begin(), shelf.backups.end(), is_copy);
  return found == shelf.backups.end() ? nullptr : *found;
}

class Copying {
 public:
  Copying(const JobParts& parts, RunningJob& job, std::stop_token stop)
      : parts_(parts), job_(job), stop_(std::move(stop)) {}

  void copy(const Backup& backup, const std::vector<std::string>& places) {
    for (const std::string& place : places) {
      try {
        copy_to(backup, place);
      } catch (const Error& error) {  // isolation: one copy of several
        if (error.kind() == ErrorKind::kInterrupted) throw;
        const Error told = error.in(concat("copy ", backup.folder));
        parts_.log.error(told.what());
        add_words(failed_, "; ", told.what());
        if (!first_) first_ = told;
        failed_places_.push_back(place);
      }
    }
  }

  [[nodiscard]] CopyOutcome outcome(const std::vector<std::string>& places) {
    CopyOutcome outcome;
    for (const std::string& place : places) {
      const auto& failed = failed_places_;
      if (std::find(failed.begin(), failed.end(), place) == failed.end()) {
        outcome.places.push_back(place);
      }
    }
    outcome.folders = std::move(folders_);
    outcome.answer = answer_;
    if (first_ && failed_places_.size() == 1 && answer_.empty()) outcome.failure = first_;
    if (first_ && !outcome.failure) {
      outcome.failure.emplace(answer_.empty() ? first_->kind() : ErrorKind::kPartial, "copy",
                              failed_, answer_);
    }
    return outcome;
  }

 private:
  void copy_to(const Backup& backup, const std::string& place) {
    const std::shared_ptr<Location> to = writable_place(parts_, place);
    if (const BackupPtr there = find_copy(*parts_.catalog.shelf(), backup, place)) {
      // What the catalog knows may be a minute old.
      const auto now = to->find(there->object.name);
      const bool sound = there->state < State::kTruncated;
      if (sound && now && now->size == there->object.size) {
        return add_words(answer_, "; ", concat(backup.folder, " is already in ", place));
      }
    }
    const std::string file = free_name(backup, *to);
    check_encryption(backup, place);
    const std::shared_ptr<const RandomSource> source = open(backup);
    job_.advance([&](JobProgress& progress) {
      progress.folder = backup.folder;
      progress.part = concat("to ", place);
      progress.bytes = 0;
      progress.bytes_total = source->size();
    });
    job_.show();
    const auto told = [this](std::uint64_t done) {
      job_.advance([done](JobProgress& progress) { progress.bytes = done; });
    };
    (void)put_archive(*source, *to, file, told, stop_);
    add_words(answer_, "; ", concat("copied ", backup.folder, " to ", place));
    parts_.log.info(concat("copied ", backup.folder, " to ", place));
    adopt(backup, place, file);
  }

  [[nodiscard]] static std::string free_name(const Backup& backup, Location& to) {
    if (!to.find(backup.object.name)) return backup.object.name;
    throw Error(ErrorKind::kExists, concat("location ", to.name()),
                concat("it already has another archive ", backup.object.name),
                "rename or delete that one first");
  }

  // Whoever asked for encryption there does not want this archive to lie there in clear.
  void check_encryption(const Backup& backup, const std::string& place) const {
    if (backup.is_protected || !encrypts(parts_.config, place)) return;
    throw Error(ErrorKind::kNotPermitted, concat("location ", place),
                "it is for encrypted archives (encrypt = yes), and this one is not encrypted",
                "backshelf export BACKUP FILE --new-key-file K, then backshelf import FILE");
  }

  // Its bytes, as long as they are those that the catalog looked at.
  [[nodiscard]] std::shared_ptr<const RandomSource> open(const Backup& backup) const {
    const auto from = parts_.catalog.location(backup.location);
    if (!from) {
      throw Error(ErrorKind::kNotFound, concat("location ", backup.location),
                  "it is not configured any more");
    }
    auto source = from->open(backup.object.name);
    const auto now = from->find(backup.object.name);
    if (now && now->identity == backup.object.identity && source->size() == now->size) {
      return source;
    }
    throw Error(ErrorKind::kNotFound, concat("opening ", backup.folder),
                "its archive was replaced a moment ago", "look again");
  }

  void adopt(const Backup& backup, const std::string& place, const std::string& file) {
    try {
      folders_.push_back(parts_.catalog.adopt_copy(backup, place, file)->folder);
    } catch (const Error& error) {  // isolation: it stands; the next look at the location shows it
      parts_.log.warning(error.what());
    }
  }

  const JobParts& parts_;
  RunningJob& job_;
  const std::stop_token stop_;
  std::string answer_, failed_;
  std::vector<std::string> folders_, failed_places_;
  std::optional<Error> first_;
};

}  // namespace

void check_copy(const JobParts& parts, const CopyCommand& command) {
  if (command.folders.empty() || command.to.empty()) {
    throw Error(ErrorKind::kUsage, "copy", "it needs a backup and a location",
                "type: copy FOLDER to=LOCATION");
  }
  for (const std::string& folder : command.folders) (void)parts.catalog.resolve(folder);
  for (const std::string& place : command.to) (void)find_place(parts, place);
}

bool mark_copied(LastBackup& last, const CopyOutcome& outcome) {
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (!has(outcome.backups, last.folder)) return false;
  bool changed = false;
  for (LastBackup::Place& place : last.locations) {
    if (place.ok || !has(outcome.places, place.location)) continue;
    place.ok = changed = true;
    place.problem.clear();
  }
  return changed;
}

bool is_everywhere(const LastBackup& last) {
  return last.ok && std::all_of(last.locations.begin(), last.locations.end(),
                                [](const auto& place) { return place.ok; });
}

CopyOutcome copy_backups(const JobParts& parts, const CopyCommand& command, RunningJob& job,
                         std::stop_token stop) {
  check_copy(parts, command);
  std::vector<BackupPtr> backups;
  for (const std::string& folder : command.folders) {
    backups.push_back(parts.catalog.resolve(folder));
  }
  Copying copying(parts, job, std::move(stop));
  for (const BackupPtr& backup : backups) copying.copy(*backup, command.to);
  CopyOutcome outcome = copying.outcome(command.to);
  for (const BackupPtr& backup : backups) outcome.backups.push_back(backup->folder);
  return outcome;
}

}  // namespace backshelf
