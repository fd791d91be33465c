#include "engine/job/backup_targets.h"

#include <algorithm>

#include "engine/job/first_key.h"
#include "engine/job/places.h"
#include "engine/job/shared_archive.h"
#include "engine/location/object_names.h"

namespace backshelf {
namespace {

constexpr unsigned kMaxNumber = 1000;  // " (1000)": a name used that often is a mistake

}  // namespace

BackupTargets::BackupTargets(const BackupPlan& plan, const JobParts& parts, WriteLimits limits)
    : plan_(plan), parts_(parts), limits_(limits) {
  for (const BackupPlan::Place& place : plan.places) {
    targets_.push_back({&place, nullptr, place.failure});
  }
}

void BackupTargets::open(const std::string& job) {
  const bool encrypts =
      std::any_of(targets_.begin(), targets_.end(), [](const auto& t) { return t.place->encrypt; });
  if (encrypts) {
    key_ = parts_.keys.seal_key(parts_.config.archive.securetar);
    if (parts_.state != nullptr) remember_key(*parts_.state);
  }
  each([&](Target& target) {
    target.object = std::make_unique<PatientObject>(target.place->location, job, limits_);
  });
  each([&](Target& target) {
    target.object->flush();
    const std::size_t removed = target.object->leftovers();
    if (removed == 0) return;
    parts_.log.info(concat("removed ", removed, " unfinished archives from location ",
                           target.place->location->name()));
  });
}

WriteReport BackupTargets::write(EntrySource& home, const EarlierContent* earlier, WorkerPool& pool,
                                 const OnWrite& on_write, std::stop_token stop) {
  WritePlan plan = plan_.write;
  plan.earlier = earlier;
  // Sealed once for all that are encrypted, and not at all for the others.
  SharedArchive sealed, plain;
  for (Target& target : targets_) {
    if (target.failure) continue;
    (target.place->encrypt ? sealed : plain).add(*target.object, target.failure);
  }
  std::vector<SealGroup> groups;
  if (!sealed.is_empty()) groups.push_back({sealed, key_});
  if (!plain.is_empty()) groups.push_back({plain, nullptr});
  const auto note = [&] {
    std::optional<Error> of_sealed, of_plain;
    for (const SealGroup& group : groups) (group.key ? of_sealed : of_plain) = group.failure;
    note_failures(of_sealed, of_plain);
  };
  WriteReport report;
  try {
    report = write_backup(plan, home, groups, pool, on_write, std::move(stop));
  } catch (const Error&) {  // cleanup: the same error, told with the location's name
    note();
    check_any();
    throw;
  }
  note();
  each([](Target& target) { target.object->flush(); });
  return report;
}

std::string BackupTargets::commit(const std::string& file) {
  for (unsigned number = 1; number <= kMaxNumber; ++number) {
    const std::string name = numbered_name(file, number);
    if (!is_free(name)) continue;
    each([&](Target& target) {
      (void)target.object->commit(name);
      target.object.reset();
    });
    return name;
  }
  throw Error(ErrorKind::kExists, concat("the archive ", file), "this name is in use",
              "choose another name");
}

std::vector<std::string> BackupTargets::adopt(const std::string& file) {
  std::vector<std::string> folders;
  for (const Target& target : targets_) {
    if (target.failure) continue;
    try {
      const std::string& location = target.place->location->name();
      const BackupPtr backup = parts_.catalog.adopt(location, file, false, plan_.automatic);
      if (backup) folders.push_back(backup->folder);
      note_written(parts_, location);
    } catch (const Error& error) {  // isolation: it stands; the next look at the location shows it
      parts_.log.warning(error.what());
    }
  }
  if (folders.empty()) folders.push_back(folder_name(file));
  return folders;
}

std::vector<LastBackup::Place> BackupTargets::results() const {
  std::vector<LastBackup::Place> results;
  for (const Target& target : targets_) {
    results.push_back({target.place->location->name(), !target.failure,
                       target.failure ? target.failure->what() : std::string()});
  }
  return results;
}

bool BackupTargets::is_free(const std::string& file) {
  bool free = true;
  each([&](Target& target) {
    if (target.place->location->find(file)) free = false;
  });
  return free;
}

void BackupTargets::each(const std::function<void(Target&)>& use) {
  for (Target& target : targets_) {
    if (target.failure) continue;
    try {
      use(target);
    } catch (const Error& error) {  // isolation: one location of several
      target.failure.emplace(told_of(*target.place->location, error));
      target.object.reset();
    }
  }
  check_any();
}

// What failed while it was written is let go of: its bytes may be what the next one lacks.
void BackupTargets::note_failures(const std::optional<Error>& sealed,
                                  const std::optional<Error>& plain) {
  for (Target& target : targets_) {
    if (!target.object) continue;
    if (!target.failure) target.failure = target.place->encrypt ? sealed : plain;
    if (!target.failure) continue;
    target.failure.emplace(told_of(*target.place->location, Error(*target.failure)));
    target.object.reset();
  }
}

void BackupTargets::check_any() const {
  const bool any =
      std::any_of(targets_.begin(), targets_.end(), [](const auto& t) { return !t.failure; });
  if (!any) throw *targets_.front().failure;
}

}  // namespace backshelf
