// Where sidecars lie: a folder of small files that only save time, with a limit for all of them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/base/error.h"
#include "engine/base/guarded.h"
#include "engine/base/log.h"
#include "engine/disk/file.h"
#include "engine/stream/source.h"

namespace backshelf {

// Thread-safe, also among processes that use the same folder. Nothing here throws an Error: without
// a sidecar the work is only done again, so a folder that cannot be used is one line in the log.
class Sidecars {
 public:
  // `directory` is ours alone; made (0700) when the first one is stored. `limit_bytes`: of all
  // files together; the least recently used go. 0: none is kept. `log` is borrowed.
  Sidecars(std::string directory, std::uint64_t limit_bytes, Log& log)
      : directory_(std::move(directory)), limit_(limit_bytes), log_(log) {}

  // Null: there is none. It counts as used now.
  [[nodiscard]] std::shared_ptr<const RandomSource> find(const std::string& name);
  // `write` fills the new file, which then takes the place of an older one at once.
  using Write = std::function<void(AtomicFile& file)>;
  void store(const std::string& name, const Write& write);
  void drop(const std::string& name);  // it is of no use

 private:
  [[nodiscard]] std::string path_of(const std::string& name) const;
  void make_room();
  void complain(const Error& error);

  const std::string directory_;
  const std::uint64_t limit_;
  Log& log_;
  Guarded<bool> complained_;
};

}  // namespace backshelf
