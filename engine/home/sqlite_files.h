// A database's own file and what SQLite keeps beside it, opened so that all belong together.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/unique_fd.h"
#include "engine/disk/file.h"
#include "engine/home/sqlite_format.h"

namespace backshelf {

inline constexpr std::string_view kLogSuffix = "-wal";
inline constexpr std::string_view kLogIndexSuffix = "-shm";
inline constexpr std::string_view kJournalSuffix = "-journal";

// One thread at a time.
class DatabaseFiles {
 public:
  // `database` is an open database; it may be closed meanwhile. Throws Error when its folder cannot
  // be found again: kNotFound, kAccess, kIo.
  explicit DatabaseFiles(const UniqueFd& database);

  [[nodiscard]] const UniqueFd& database() const { return database_; }
  // Fills `out`, or less at the end.
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const;
  [[nodiscard]] struct stat status() const;
  // As it is now. Throws Error(kDamaged) when it is none (any more).
  [[nodiscard]] DatabaseStart start() const;

  // The file with `suffix`; not open when absent. Throws Error when it cannot be opened for
  // reading.
  [[nodiscard]] UniqueFd open(std::string_view suffix) const;
  // Whether `file` is what stands there under that name now.
  [[nodiscard]] bool is_beside(const UniqueFd& file, std::string_view suffix) const;
  [[nodiscard]] std::optional<struct stat> look_at(std::string_view suffix) const;

 private:
  UniqueFd database_, folder_;
  std::string name_;
  std::unique_ptr<FileSource> content_;
};

}  // namespace backshelf
