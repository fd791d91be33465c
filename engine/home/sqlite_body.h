// A SQLite database as of one moment, while other programs go on writing to it.
#pragma once

#include <memory>
#include <string>

#include "engine/base/unique_fd.h"
#include "engine/tar/entry_source.h"

namespace backshelf {

// A database with a rollback journal is read into memory up to this size: its writers then wait for
// the disk only, and not for what compresses and stores it.
inline constexpr std::uint64_t kDatabaseMemoryBytes = 64 * kMiB;

// How a database was held still depends on how it is used; README.md in this folder has the table.
class DatabaseBody : public BodySource {
 public:
  // What read() hands out in sum.
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // After the last byte was read. Why it may not be of one moment after all; empty: it is.
  [[nodiscard]] virtual const std::string& problem() const = 0;
  // After the last byte was read: what came to the log meanwhile, because it was held.
  [[nodiscard]] virtual std::uint64_t log_growth_bytes() const = 0;
};

// `file` is open and begins as a database does; it may be closed before the body. The locks last
// until the last byte is handed out, or the body is gone. Reads nothing of the log but its frames,
// writes nothing, creates no file. Waits some seconds for its turn. Throws Error when the database
// cannot be held still: kBusy (it is locked, or never at rest), kDamaged, kNotFound, kAccess, kIo.
[[nodiscard]] std::unique_ptr<DatabaseBody> open_database(
    const UniqueFd& file, std::uint64_t memory_bytes = kDatabaseMemoryBytes);

}  // namespace backshelf
