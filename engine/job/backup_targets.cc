#include "engine/job/backup_targets.h"

#include <algorithm>

#include "engine/job/first_key.h"
#include "engine/job/places.h"
#include "engine/job/put_archive.h"
#include "engine/location/object_names.h"

namespace backshelf {
namespace {

constexpr unsigned kMaxNumber = 1000;  // " (1000)": a name used that often is a mistake

}  // namespace

BackupTargets::BackupTargets(const BackupPlan& plan, const JobParts& parts)
    : plan_(plan), parts_(parts) {
  for (const BackupPlan::Place& place : plan.places) {
    targets_.push_back({&place, nullptr, nullptr, place.failure});
  }
}

void BackupTargets::open(const std::string& job) {
  std::shared_ptr<const SealKey> key;
  const bool encrypts =
      std::any_of(targets_.begin(), targets_.end(), [](const auto& t) { return t.place->encrypt; });
  if (encrypts) {
    key = parts_.keys.seal_key(parts_.config.archive.securetar);
    if (parts_.state != nullptr) remember_key(*parts_.state);
  }
  each([&](Target& target) {
    const std::size_t removed = target.place->location->remove_leftovers();
    if (removed > 0) {
      parts_.log.info(concat("removed ", removed, " unfinished archives from location ",
                             target.place->location->name()));
    }
    target.object = target.place->location->create(job);
    if (target.place->encrypt) target.key = key;
  });
}

WriteReport BackupTargets::write(EntrySource& home, const EarlierContent* earlier, WorkerPool& pool,
                                 const OnWrite& on_write, std::stop_token stop) {
  WritePlan plan = plan_.write;
  plan.earlier = earlier;
  std::vector<SealGroup> groups;
  std::vector<Target*> owners;
  for (Target& target : targets_) {
    if (target.failure) continue;
    groups.push_back({*target.object, target.key});
    owners.push_back(&target);
  }
  WriteReport report;
  const auto collect = [&] {
    for (std::size_t i = 0; i < groups.size(); ++i) {
      if (!groups[i].failure) continue;
      owners[i]->failure.emplace(told_of(*owners[i]->place->location, *groups[i].failure));
      owners[i]->object.reset();  // its bytes may be what the next one lacks
    }
  };
  try {
    report = write_backup(plan, home, groups, pool, on_write, std::move(stop));
  } catch (const Error&) {  // cleanup: the same error, told with the location's name
    collect();
    check_any();
    throw;
  }
  collect();
  return report;
}

std::string BackupTargets::commit(const std::string& file) {
  for (unsigned number = 1; number <= kMaxNumber; ++number) {
    const std::string name = numbered_name(file, number);
    if (!is_free(name)) continue;
    each([&](Target& target) {
      (void)commit_archive(*target.object, *target.place->location, name);
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

void BackupTargets::check_any() const {
  const bool any =
      std::any_of(targets_.begin(), targets_.end(), [](const auto& t) { return !t.failure; });
  if (!any) throw *targets_.front().failure;
}

}  // namespace backshelf
