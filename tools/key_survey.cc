#include "tools/key_survey.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/securetar/header.h"

namespace backshelf {
namespace {

std::unique_ptr<KeyRing> ring_of_one(const SecretBytes& key) {
  std::vector<SecretBytes> keys;
  keys.push_back(key.clone());
  return KeyRing::make(std::move(keys));
}

}  // namespace

KeySurvey::KeySurvey(Workbench& bench, const std::vector<KnownKey>& keys) : bench_(bench) {
  rings_.reserve(keys.size());
  for (const KnownKey& known : keys) rings_.push_back(ring_of_one(known.key));
}

std::shared_ptr<Archive> KeySurvey::open(const Backup& backup, std::size_t key) {
  const std::shared_ptr<Location> place = bench_.catalog().location(backup.location);
  if (!place) throw Error(ErrorKind::kNotFound, backup.folder, "its location is not configured");
  KeyRing& ring = key == kNoKey ? *no_key_ : *rings_.at(key);
  return bench_.open_source(place->open(backup.object.name), backup.object.name, &ring);
}

SurveyedBackup KeySurvey::look(const BackupPtr& backup, std::stop_token stop) {
  SurveyedBackup found;
  found.backup = backup;
  found.is_encrypted = std::any_of(backup->members.begin(), backup->members.end(),
                                   [](const MemberInfo& member) { return member.securetar; });
  if (!found.is_encrypted) return found;
  std::vector<std::string> closed;
  for (const MemberInfo& member : backup->members) {
    if (member.securetar) closed.push_back(member.folder);
  }
  try {
    for (std::size_t key = 0; key < rings_.size() && !closed.empty(); ++key) {
      const std::shared_ptr<Archive> archive = open(*backup, key);
      archive->check(stop);
      bool opens = false;
      for (const MemberInfo& member : archive->members()) {
        const auto shut = std::find(closed.begin(), closed.end(), member.folder);
        if (shut == closed.end() || !member.securetar || member.state == State::kWrongKey ||
            member.state == State::kNeedsKey) {
          continue;
        }
        // What is cut inside its header says nothing about keys.
        opens = opens || (member.state != State::kUnsupported && member.size > kV3HeaderBytes);
        closed.erase(shut);
      }
      if (opens) found.keys.push_back(key);
    }
  } catch (const Error& error) {  // isolation: one backup of many
    if (error.kind() == ErrorKind::kInterrupted) throw;
    found.problem = error.why();
  }
  found.closed = std::move(closed);
  return found;
}

std::vector<BackupPtr> backups_newest_first(Workbench& bench) {
  std::vector<BackupPtr> backups = bench.catalog().shelf()->backups;
  std::erase_if(backups, [](const BackupPtr& backup) { return backup->growing; });
  std::stable_sort(backups.begin(), backups.end(), [](const BackupPtr& a, const BackupPtr& b) {
    return to_instant(a->when) > to_instant(b->when);
  });
  return backups;
}

}  // namespace backshelf
