// What holds a database still while it is read: one kind per way of using a database.
#pragma once

#include <memory>
#include <string>

#include "engine/home/sqlite_files.h"
#include "engine/home/sqlite_log.h"

namespace backshelf {

struct Ending {
  std::string problem;  // it was changed all the same; empty: it was not
  std::uint64_t log_growth_bytes = 0;
};

// One thread at a time.
class DatabaseHold {
 public:
  DatabaseHold() = default;
  DatabaseHold(const DatabaseHold&) = delete;
  DatabaseHold& operator=(const DatabaseHold&) = delete;
  virtual ~DatabaseHold() = default;
  [[nodiscard]] virtual const DatabaseFiles& files() const = 0;
  [[nodiscard]] virtual std::uint64_t size() const = 0;  // of the database, in bytes
  // The pages that lie over the file's.
  [[nodiscard]] virtual const LogPages& log() const = 0;
  // These fill `out`, or less at the end.
  [[nodiscard]] virtual std::size_t read_at(std::uint64_t offset, ByteSpan out) = 0;
  [[nodiscard]] virtual std::size_t read_log(std::uint64_t offset, ByteSpan out) const = 0;
  // Lets go of it; nothing is read afterwards. Exactly once.
  [[nodiscard]] virtual Ending end() = 0;
};

// As open_database().
[[nodiscard]] std::unique_ptr<DatabaseHold> hold_database(const UniqueFd& database,
                                                          std::uint64_t memory_bytes);

}  // namespace backshelf
