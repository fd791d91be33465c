#include <algorithm>

#include "engine/base/error.h"
#include "engine/catalog/catalog_impl.h"

namespace backshelf {
namespace {

// What a home needs to live on: its configuration, or, of a home of any folders, each of them.
bool holds_enough(const Archive& archive, const std::vector<MemberInfo>& members) {
  const Metadata* const metadata = archive.metadata();
  const Json complete = metadata == nullptr ? Json() : metadata->extra["backshelf"]["complete"];
  if (complete.is_bool()) return complete.bool_or(false);
  return std::any_of(members.begin(), members.end(),
                     [](const MemberInfo& member) { return member.folder == "config"; });
}

// Every byte was read just now; what proves it sound is a key that opened it, or a checksum.
bool is_good(const Archive& archive, const std::vector<MemberInfo>& members) {
  const auto proven = [](const MemberInfo& member) {
    return member.securetar.has_value() || member.authenticated;
  };
  return archive.state() == State::kOk && std::all_of(members.begin(), members.end(), proven) &&
         holds_enough(archive, members);
}

}  // namespace

Record* ShelfCatalog::record_of(Records& records, const Backup& backup) {
  Record* record = records.find(backup.location, backup.object.name);
  const bool same = record != nullptr && !record->gone && record->slot == backup.slot &&
                    record->identity == backup.object.identity;
  return same ? record : nullptr;
}

void ShelfCatalog::remember(const Backup& backup, const Archive& archive,
                            std::optional<Instant> verified) {
  const std::vector<MemberInfo> members = archive.members();
  change_records([&](Records& records) {
    Record* record = record_of(records, backup);
    if (record == nullptr) return;  // replaced meanwhile: this is not about these bytes
    record->checked = true;
    record->state = archive.state();
    record->problem = archive.problem();
    record->members.clear();
    for (const MemberInfo& member : members) {
      record->members.push_back({.member = member.member,
                                 .problem = member.problem,
                                 .state = member.state,
                                 .authenticated = member.authenticated});
    }
    // A wrong key given today says nothing about the bytes; damage does.
    if (record->state >= State::kTruncated) {
      record->verified.reset();
      record->good = false;
    } else if (verified && record->state == State::kOk) {
      record->verified = verified;
      record->good = is_good(archive, members);
      records.made_good = records.made_good || (record->good && record->made);
    }
  });
  (void)rebuild(Disk::kAsKnown);
}

void ShelfCatalog::set_pinned(const Backup& backup, bool pinned) {
  bool known = false;
  change_records([&](Records& records) {
    Record* record = records.find(backup.location, backup.object.name);
    known = record != nullptr && !record->gone;
    if (known) record->pinned = pinned;
  });
  if (!known) {
    throw Error(ErrorKind::kNotFound, concat(pinned ? "pin " : "unpin ", backup.folder),
                "it was removed a moment ago", "see: backshelf list");
  }
  (void)rebuild(Disk::kAsKnown);
}

BackupPtr ShelfCatalog::adopt(const std::string& location_name, const std::string& file,
                              bool uploaded, bool automatic) {
  return adopted(location_name, file, [&](const Records&, Record& record) {
    record.uploaded = uploaded;
    record.made = !uploaded;
    record.automatic = automatic && !uploaded;
  });
}

BackupPtr ShelfCatalog::adopt_copy(const Backup& source, const std::string& location_name,
                                   const std::string& file) {
  return adopted(location_name, file, [&](const Records& records, Record& record) {
    const Record* const from = records.find(source.location, source.object.name);
    if (from == nullptr || from->slot != source.slot) {  // renamed or deleted meanwhile
      record.uploaded = source.uploaded;
      record.automatic = source.automatic;
      record.pinned = source.pinned;
      return;
    }
    record.uploaded = from->uploaded;
    record.made = from->made;
    record.automatic = from->automatic;
    record.pinned = from->pinned;
  });
}

BackupPtr ShelfCatalog::adopted(const std::string& location_name, const std::string& file,
                                const std::function<void(const Records&, Record&)>& mark) {
  (void)refresh();
  change_records([&](Records& records) {
    if (Record* const record = records.find(location_name, file)) mark(records, *record);
  });
  (void)rebuild(Disk::kAsKnown);
  BackupPtr adopted = shelf()->find_file(location_name, file);
  if (!adopted) {
    throw Error(ErrorKind::kNotFound, concat("adding ", file, " to the shelf"),
                concat("location ", location_name, " does not show it"), "see: backshelf list");
  }
  return adopted;
}

}  // namespace backshelf
