// From files, their headers and what is remembered to the shelf; part of engine/catalog only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/catalog/catalog.h"
#include "engine/catalog/records.h"

namespace backshelf {

// What the headers of one archive say, without a key.
struct HeaderFacts {
  std::string identity;  // of the object when it was looked at
  std::string slug, name, date, type, homeassistant_version;
  std::string scheduled_by;  // the installation whose schedule made it, as it says itself
  bool is_protected = false;
  State state = State::kUnchecked;
  std::string problem;
  std::vector<MemberInfo> members;
  bool failed = false;  // the file could not be read: look again next time
};
[[nodiscard]] HeaderFacts read_headers(const Archive& archive, const std::string& identity);

// Bytes are missing, or may be: it may still be written. Unusable metadata in a sound tar is no
// sign of growth: what is whole does not grow.
[[nodiscard]] bool is_incomplete(State state);
// An archive that is incomplete and changed this recently is still being written.
inline constexpr std::chrono::minutes kGrowingTime(2);

[[nodiscard]] bool is_growing(const ObjectInfo& object, const HeaderFacts& facts, Instant now);

// `installation`: ours; empty when there is none yet.
[[nodiscard]] BackupPtr make_backup(const Found& found, const HeaderFacts& facts,
                                    const Record& record, const std::string& installation,
                                    Instant now, bool away = false);
// Marks the one that protects itself (see protected_slot), besides it the best one that is within
// reach, and sorts by folder.
[[nodiscard]] std::vector<BackupPtr> finish_shelf(std::vector<BackupPtr> backups, bool made_good);
// Which backup refuses to go, besides the pinned ones: the newest good one; while none is good the
// newest that opened; else the newest that was not opened yet, that waits for its key, or that no
// key opens, in this order, so that not even an installation that has just lost its state lets
// its only backup go. Once this installation has made a good one, uploads count only when there is
// nothing else. 0: none.
[[nodiscard]] std::uint32_t protected_slot(const std::vector<BackupPtr>& backups, bool made_good);

}  // namespace backshelf
