// A sound archive of what can still be read of a damaged one.
#pragma once

#include <string>
#include <vector>

#include "engine/archive/archive.h"
#include "engine/archive/export_archive.h"

namespace backshelf {

// What backup.json says when it is lost and made anew.
struct RepairPlan {
  std::string name;  // of the backup
  std::string date;  // as it stands there
};

struct LostEntry {
  std::string path;    // as the folder shows it; of a part that is lost wholly, the part
  std::string reason;  // one sentence
};

struct RepairReport {
  bool nothing_to_repair = false;  // the archive is sound: nothing of use was written
  std::uint64_t parts = 0;
  std::uint64_t repacked = 0;        // of them: not copied byte for byte
  std::vector<LostEntry> lost;       // all that was not saved, as far as its name is known
  std::vector<std::string> remarks;  // what else is different, or could not be looked at
};

inline constexpr const char* kDatabasePath = "config/home-assistant_v2.db";

// What of backup.json is true of the repaired archive; part of engine/archive.
struct SavedMember {
  std::string stem, suffix;  // "core_ssh", ".tar.gz"
  std::string folder;        // "apps/core_ssh"
  bool sealed = false;
  bool unread = false;  // no key opened it
  // Of a configuration that was packed anew: whether the recorder's database was saved.
  std::optional<bool> has_database = std::nullopt;
};
struct RepairedMetadata {
  Metadata metadata;
  std::string text;                  // what is written
  std::vector<std::string> remarks;  // what it does not say though it should
};
// The old one without what is not in the archive any more; the same bytes when nothing is missing.
// REQUIRES: the archive's metadata is usable.
[[nodiscard]] RepairedMetadata trimmed_metadata(Archive& archive,
                                                const std::vector<SavedMember>& saved);
// Made from the members: their names, each app's addon.json, the configuration's .HA_VERSION.
[[nodiscard]] RepairedMetadata rebuilt_metadata(Archive& archive, const RepairPlan& plan,
                                                const std::vector<SavedMember>& saved,
                                                const std::stop_token& stop);

}  // namespace backshelf
