// Looks into archives before anybody asks: the first look inside a foreign one takes as long as
// reading all of it.
#pragma once

#include <memory>
#include <set>
#include <stop_token>
#include <thread>

#include "engine/base/guarded.h"
#include "engine/job/jobs.h"

namespace backshelf {

// One thread, one archive at a time, newest first; not of lower priority than others, for who asks
// for an archive meanwhile waits for the look that was begun. An archive that leaves the shelf
// is let go at once, so that its space is free. Failures are not told: whoever looks into that
// archive is told.
class Preparation {
 public:
  enum class Which { kNewest, kAll };
  // Both are borrowed until it is destroyed. Listens to the catalogue, and begins at once.
  Preparation(Catalog& catalog, Log& log, Which which);
  ~Preparation();
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;

 private:
  struct Data {
    bool changed = true;               // the shelf may have something new
    std::uint32_t current = 0;         // slot; 0: none
    std::stop_source stop;             // of the current one
    std::set<std::uint32_t> finished;  // slots: for as long as this lives
  };

  void run(const std::stop_token& end);
  [[nodiscard]] BackupPtr take_next();
  void prepare(const Backup& backup, const std::stop_token& stop) const;

  Catalog& catalog_;
  Log& log_;
  const Which which_;
  // Shared with the catalogue's list of listeners, which outlives this.
  const std::shared_ptr<Guarded<Data>> data_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace backshelf
