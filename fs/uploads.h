// Archives on their way into a location, written through the mount (tools/backshelf.1, UPLOADS).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/entry.h"
#include "engine/base/log.h"
#include "engine/catalog/catalog.h"
#include "engine/job/jobs.h"

namespace backshelf {

struct UploadInfo {
  std::uint64_t id = 0;  // from 1 on; never used twice while the daemon lives
  std::string name;
  std::uint64_t size = 0;
  Timestamp mtime;
};

// Thread-safe. A place is the name of a location, or "" for the top of the shelf, whose files go
// into the first location that can be written to.
class Uploads {
 public:
  struct Parts {
    Catalog& catalog;
    Jobs& jobs;
    ArchiveTools tools;  // for the check of structure and metadata
    const Clock& clock;
    Log& log;
  };
  [[nodiscard]] static std::unique_ptr<Uploads> make(Parts parts);
  virtual ~Uploads() = default;  // what is still staged is gone

  // *.tar, and the names that uploading tools and editors use on the way (.x, *.part, *~, 4913 …).
  [[nodiscard]] static bool accepts(std::string_view name);

  // Throws Error: kAccess (no accepted name), kExists (staged here, or an archive of that location
  // has it), kReadOnly, kNotFound (no such place), kNoSpace. The new file counts as opened once.
  virtual UploadInfo create(const std::string& place, const std::string& name) = 0;
  // Staged and not published.
  [[nodiscard]] virtual std::optional<UploadInfo> find(const std::string& place,
                                                       std::string_view name) const = 0;
  [[nodiscard]] virtual std::vector<UploadInfo> list(const std::string& place) const = 0;
  // Also after publication, while opened: a handle reads and closes on. nullopt: gone.
  [[nodiscard]] virtual std::optional<UploadInfo> find(std::uint64_t id) const = 0;

  // Throw Error kNotFound when gone; kExists when changed after publication.
  [[nodiscard]] virtual std::size_t read(std::uint64_t id, std::uint64_t offset,
                                         ByteSpan out) const = 0;
  virtual void write(std::uint64_t id, std::uint64_t offset, ByteView bytes) = 0;
  virtual void truncate(std::uint64_t id, std::uint64_t size) = 0;
  virtual void set_mtime(std::uint64_t id, Timestamp mtime) = 0;

  virtual void opened(std::uint64_t id) = 0;
  // A descriptor was closed: publishes a sound *.tar. Throws kInvalid (unsound and not empty; it
  // stays, and says why in the jobs' problems), kNoSpace, kExists.
  virtual void flush(std::uint64_t id) = 0;
  // The last descriptor of one open handle is gone. An unsound, non-empty *.tar goes with the last
  // handle. Never throws.
  virtual void released(std::uint64_t id) = 0;

  // Within one place; to a *.tar it publishes (kInvalid: not sound; kExists: the name is in use),
  // to another accepted name it replaces what is staged under it unless `no_replace`.
  virtual void rename(const std::string& place, const std::string& from, const std::string& to,
                      bool no_replace) = 0;
  virtual void remove(const std::string& place, const std::string& name) = 0;  // kNotFound
  // Drops what nobody has open and nobody touched for 10 minutes.
  virtual void expire() = 0;
};

}  // namespace backshelf
