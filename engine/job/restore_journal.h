// What a restore is about to do and how far it is, on disk before it is done: whoever starts next
// after a power loss finishes it or takes it back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/disk/tree_writer.h"

namespace backshelf {

// A folder of the home that gets other content. `holder` is a folder of this restore's own on the
// same file system: the new content waits in new/<inner>, the old one goes to old/<inner>.
struct RestoredFolder {
  std::string directory;  // absolute, without links
  std::string holder;
  std::string inner;          // as the archive calls it: "config", "apps/core_ssh"
  bool whole = true;          // replaced as one; else entry by entry, because something in it stays
  TreeAttributes attributes;  // of the new one; whole ones only

  [[nodiscard]] std::string new_path() const;
  [[nodiscard]] std::string old_path() const;
};

// An entry of a folder that is replaced entry by entry: the old one goes, the new one comes.
struct RestoreStep {
  std::size_t folder = 0;  // number of the RestoredFolder
  std::string path;        // below it
  bool had_old = false, has_new = false;
};
// A folder that stays because something in it stays.
struct RestoredAttributes {
  std::size_t folder = 0;
  std::string path;  // below it; empty: itself
  TreeAttributes before, after;
};

struct RestoreJournal {
  enum class Phase : std::uint8_t {
    kStage,     // nothing of the home was touched: the holders go, and nothing happened
    kExchange,  // the exchange may have begun
    kDone,      // the home is new: the old content may go
  };
  std::string job;  // in the names of this restore's own files
  Phase phase = Phase::kStage;
  bool after_is_due = false;  // the command `before` ran, and `after` did not yet
  std::vector<RestoredFolder> folders;
  std::vector<RestoreStep> steps;
  std::vector<RestoredAttributes> attributes;

  // In the new content of every folder: where it is, the folder is new.
  [[nodiscard]] std::string mark() const;
  [[nodiscard]] std::vector<std::string> holders() const;  // each once
};

inline constexpr std::string_view kHolderPrefix = ".backshelf-restore-";

// A line per fact, any byte of a path escaped that could end one. parse throws Error(kDamaged).
[[nodiscard]] std::string print_journal(const RestoreJournal& journal);
[[nodiscard]] RestoreJournal parse_journal(std::string_view text, const std::string& path);

// Durable when it returns. Throws Error. nullopt: there is none.
void save_journal(const std::string& path, const RestoreJournal& journal);
[[nodiscard]] std::optional<RestoreJournal> find_journal(const std::string& path);

}  // namespace backshelf
