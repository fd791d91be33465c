// The rooms of the engine wired for one command, each made when first needed: a command on an
// archive path needs no configuration, `check-config` needs nothing but the INI.
#pragma once

#include <memory>
#include <string>

#include "engine/archive/sidecars.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/catalog/catalog.h"
#include "engine/config/config.h"
#include "engine/job/jobs.h"
#include "engine/stream/block_cache.h"
#include "engine/stream/worker_pool.h"
#include "tools/asking_keys.h"
#include "tools/options.h"

namespace backshelf {

[[nodiscard]] ConfigDefaults defaults_of_user();  // from the environment
// What passes over sealed archives found, in the folder of [cache] path; null: nothing is kept.
[[nodiscard]] std::unique_ptr<Sidecars> sidecars_in(const CacheConfig& cache, Log& log);
[[nodiscard]] std::string config_path_of(const CommonOptions& options);

// One thread at a time.
class Workbench {
 public:
  explicit Workbench(const CommonOptions& options) : options_(options) {}  // borrowed
  [[nodiscard]] const CommonOptions& options() const { return options_; }
  // Throws Error(kUsage) when there is no INI or it has a mistake.
  [[nodiscard]] const Config& config();
  [[nodiscard]] Catalog& catalog();  // refreshed once
  [[nodiscard]] Jobs& jobs();
  // What a job needs, for one that runs without the queue.
  [[nodiscard]] JobParts job_parts();
  [[nodiscard]] bool has_config() const;
  [[nodiscard]] Log& log();
  [[nodiscard]] const Clock& clock() const { return clock_; }
  [[nodiscard]] StateStore& state();
  // Before a backup, and before anything else: the first key of this installation, when it has
  // none. Throws Error(kUsage) when there must have been one.
  void make_first_key();
  // The backup that this file is on the configured shelf; null when it is none, or there is no
  // usable configuration.
  [[nodiscard]] BackupPtr find_on_shelf(const std::string& path);
  // An archive by its path; needs no configuration, but uses its keys when there is one.
  [[nodiscard]] std::shared_ptr<Archive> open_file(const std::string& path);
  // The same of bytes that are already open. `keys`: instead of the configured ones; borrowed.
  [[nodiscard]] std::shared_ptr<Archive> open_source(std::shared_ptr<const RandomSource> bytes,
                                                     const std::string& name,
                                                     KeySource* keys = nullptr);

 private:
  [[nodiscard]] const std::vector<std::shared_ptr<Location>>& locations();
  [[nodiscard]] AskingKeys& keys();
  [[nodiscard]] BlockCache& cache();
  [[nodiscard]] WorkerPool& pool();
  [[nodiscard]] ArchiveTools tools();

  // In the order in which they are needed: destroyed the other way round.
  const CommonOptions& options_;  // filled when the command line was parsed
  SystemClock clock_;
  std::unique_ptr<RingLog> log_;
  std::unique_ptr<Config> config_;
  std::unique_ptr<AskingKeys> keys_;
  std::unique_ptr<BlockCache> cache_;
  std::unique_ptr<Sidecars> sidecars_;
  std::unique_ptr<StateStore> state_;
  std::vector<std::shared_ptr<Location>> locations_;
  std::unique_ptr<WorkerPool> pool_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<Jobs> jobs_;
};

}  // namespace backshelf
