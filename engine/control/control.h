// The command grammar, and the state as text and JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/job/jobs.h"

namespace backshelf {

inline constexpr std::size_t kControlLineBytes = 4096;

// One line (shell quoting) to a command; throws Error(kUsage/kInvalid) saying what is wrong and
// what was probably meant.
[[nodiscard]] Command parse_command(std::string_view line);
// The words of a line under shell quoting rules; throws Error(kUsage) on an unfinished
// quote or backslash.
[[nodiscard]] std::vector<std::string> split_words(std::string_view line);
// The same for words already split (command line arguments); throws Error(kUsage).
[[nodiscard]] Command parse_words(const std::vector<std::string>& words);
[[nodiscard]] std::string grammar_text();  // what `cat control` prints first

struct StatusFacts {
  JobsState jobs;
  std::shared_ptr<const Shelf> shelf;
  struct Place {
    std::string name, state, problem;
    std::uint64_t free_bytes = 0, total_bytes = 0;
    std::size_t backups = 0;
  };
  std::vector<Place> locations;
  std::vector<DeletedBackup> deleted;
  std::vector<DelayedDelete> delayed;
  std::vector<Catalog::Opening> opening;  // archives that are looked into for the first time
  // What the kernel and the FUSE library of this mount are used for; nullopt: not from a mount.
  struct Mount {
    bool parallel_lookups = false, attributes_with_names = false;
    unsigned read_ahead_kib = 0;  // 0: unknown
  };
  std::optional<Mount> mount;
  Instant now;
  bool kit_saved = false, key_needed = false;
};
// What only the disks know; `backups` of the places is not filled in.
struct DiskFacts {
  std::vector<StatusFacts::Place> locations;
  std::vector<DeletedBackup> deleted;
  std::vector<DelayedDelete> delayed;
};
// Asks every location, which may block for as long as a disk or a network does.
[[nodiscard]] DiskFacts look_at_disks(Catalog& catalog);
// The rest is in memory.
[[nodiscard]] StatusFacts gather_status(DiskFacts disks, const Catalog& catalog, const Jobs& jobs,
                                        const Clock& clock);
[[nodiscard]] std::string status_text(const StatusFacts& facts);  // one screen
[[nodiscard]] Json status_json(const StatusFacts& facts);
// `list --json`, `show --json`, `verify --json` rows, and the same for people.
[[nodiscard]] Json backup_json(const Backup& backup);
[[nodiscard]] std::string list_text(const std::vector<BackupPtr>& backups);
[[nodiscard]] std::string show_text(const Backup& backup);

}  // namespace backshelf
