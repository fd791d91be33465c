#include <algorithm>
#include <array>

#include "engine/catalog/shelf_build.h"

namespace backshelf {
namespace {

// How much a backup deserves protection; 0: it is known bad and does not.
int rank_of(const Backup& backup) {
  if (backup.growing) return 0;
  if (backup.good) return 5;
  switch (backup.state) {
    case State::kOk:
      return 4;
    case State::kUnchecked:
      return 3;
    case State::kNeedsKey:
      return 2;
    case State::kWrongKey:
      return 1;
    default:
      return 0;
  }
}

bool is_before(const Timestamp& a, const Timestamp& b) {
  return a.seconds != b.seconds ? a.seconds < b.seconds : a.nanoseconds < b.nanoseconds;
}

void apply(const Record& record, Backup& backup) {
  backup.state = record.state;
  backup.problem = record.problem;
  backup.good = record.good;
  backup.verified = record.verified;
  for (MemberInfo& member : backup.members) {
    for (const MemberRecord& known : record.members) {
      if (known.member != member.member) continue;
      member.state = known.state;
      member.problem = known.problem;
      member.authenticated = known.authenticated;
    }
  }
}

template <typename Is>
BackupPtr find_if(const std::vector<BackupPtr>& backups, const Is& is) {
  const auto found = std::find_if(backups.begin(), backups.end(),
                                  [&](const BackupPtr& backup) { return is(*backup); });
  return found == backups.end() ? nullptr : *found;
}

}  // namespace

BackupPtr Shelf::find(std::string_view folder) const {
  const auto at = std::lower_bound(
      backups.begin(), backups.end(), folder,
      [](const BackupPtr& backup, std::string_view name) { return backup->folder < name; });
  return at != backups.end() && (*at)->folder == folder ? *at : nullptr;
}

BackupPtr Shelf::find_file(std::string_view location, std::string_view file) const {
  return find_if(backups, [&](const Backup& backup) {
    return backup.object.name == file && backup.location == location;
  });
}

BackupPtr Shelf::by_slot(std::uint32_t slot) const {
  if (slots.size() != backups.size()) {
    return find_if(backups, [slot](const Backup& backup) { return backup.slot == slot; });
  }
  const auto at = std::lower_bound(slots.begin(), slots.end(), std::pair(slot, std::uint32_t{0}));
  return at != slots.end() && at->first == slot ? backups[at->second] : nullptr;
}

void Shelf::index_slots() {
  slots.clear();
  slots.reserve(backups.size());
  for (const BackupPtr& backup : backups) {
    slots.emplace_back(backup->slot, static_cast<std::uint32_t>(slots.size()));
  }
  std::sort(slots.begin(), slots.end());
}

HeaderFacts read_headers(const Archive& archive, const std::string& identity) {
  HeaderFacts facts;
  facts.identity = identity;
  facts.is_protected = archive.is_protected();
  facts.state = archive.state();
  facts.problem = archive.problem();
  facts.members = archive.members();
  if (const Metadata* metadata = archive.metadata()) {
    facts.slug = metadata->slug;
    facts.name = metadata->name;
    facts.date = metadata->date;
    facts.type = metadata->type;
    facts.homeassistant_version = metadata->homeassistant_version;
    const Json& ours = metadata->extra["backshelf"];
    if (ours["automatic"].bool_or(false)) facts.scheduled_by = ours["installation"].text_or("");
  }
  return facts;
}

bool is_incomplete(State state) {
  return state == State::kTruncated || state == State::kArchiveTruncated ||
         state == State::kNotABackup;
}

bool is_growing(const ObjectInfo& object, const HeaderFacts& facts, Instant now) {
  const auto age = now - to_instant(object.mtime);
  return is_incomplete(facts.state) && age < kGrowingTime && age > -kGrowingTime;
}

BackupPtr make_backup(const Found& found, const HeaderFacts& facts, const Record& record,
                      const std::string& installation, Instant now, bool away) {
  auto backup = std::make_shared<Backup>();
  backup->slot = record.slot;
  backup->folder = record.folder;
  backup->location = found.location;
  backup->object = found.object;
  backup->slug = facts.slug;
  backup->name = facts.name;
  backup->date = facts.date;
  backup->type = facts.type;
  backup->homeassistant_version = facts.homeassistant_version;
  const auto date = parse_iso8601(facts.date);
  backup->when = date ? to_timestamp(*date) : found.object.mtime;
  backup->is_protected = facts.is_protected;
  backup->state = facts.state;
  backup->problem = facts.problem;
  backup->members = facts.members;
  backup->pinned = record.pinned;
  backup->uploaded = record.uploaded;
  backup->away = away;
  backup->growing = is_growing(found.object, facts, now);
  // Also when the file cannot be read just now: it is no worse for that, and the last good backup
  // must not lose its protection.
  if (record.checked && record.identity == found.object.identity) apply(record, *backup);
  if (facts.failed) backup->problem = facts.problem;
  const bool claims = !installation.empty() && facts.scheduled_by == installation;
  backup->automatic = !record.uploaded && (record.automatic || (claims && backup->good));
  return backup;
}

std::uint32_t protected_slot(const std::vector<BackupPtr>& backups, bool made_good) {
  const Backup* best = nullptr;
  const auto is_better = [made_good](const Backup& a, const Backup& b) {
    if (made_good && a.uploaded != b.uploaded) return b.uploaded;
    if (rank_of(a) != rank_of(b)) return rank_of(a) > rank_of(b);
    return is_before(b.when, a.when);
  };
  for (const BackupPtr& backup : backups) {
    if (rank_of(*backup) == 0) continue;
    if (best == nullptr || is_better(*backup, *best)) best = backup.get();
  }
  return best == nullptr ? 0 : best->slot;
}

std::vector<BackupPtr> finish_shelf(std::vector<BackupPtr> backups, bool made_good) {
  std::vector<BackupPtr> reachable = backups;
  std::erase_if(reachable, [](const BackupPtr& backup) { return backup->away; });
  const std::uint32_t slot = protected_slot(backups, made_good);
  // A disk that is away may never come back.
  const std::uint32_t other = protected_slot(reachable, made_good);
  for (BackupPtr& backup : backups) {
    if (backup->slot != slot && backup->slot != other) continue;
    auto marked = std::make_shared<Backup>(*backup);
    marked->protects = true;
    backup = std::move(marked);
  }
  std::sort(backups.begin(), backups.end(),
            [](const BackupPtr& a, const BackupPtr& b) { return a->folder < b->folder; });
  return backups;
}

}  // namespace backshelf
