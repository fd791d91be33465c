#include "tools/workbench.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "engine/disk/mount_table.h"
#include "engine/job/first_key.h"
#include "engine/keys/key_files.h"
#include "engine/location/location.h"
#include "tools/late_location.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

bool is_same_directory(const std::string& a, const std::string& b) {
  struct stat first {};
  struct stat second {};
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace

ConfigDefaults defaults_of_user() {
  ConfigDefaults defaults;
  defaults.root = ::geteuid() == 0;
  defaults.home_directory = environment("HOME");
  defaults.xdg_config = environment("XDG_CONFIG_HOME");
  defaults.xdg_state = environment("XDG_STATE_HOME");
  defaults.xdg_cache = environment("XDG_CACHE_HOME");
  return defaults;
}

std::unique_ptr<Sidecars> sidecars_in(const CacheConfig& cache, Log& log) {
  if (cache.path.empty() || cache.size == 0) return nullptr;
  return std::make_unique<Sidecars>(concat(cache.path, "/sidecars"), cache.size, log);
}

std::string config_path_of(const CommonOptions& options) {
  return options.config_path.empty() ? default_config_path(defaults_of_user())
                                     : options.config_path;
}

bool Workbench::has_config() const {
  return !options_.config_path.empty() || find_status(config_path_of(options_)).has_value();
}

const Config& Workbench::config() {
  if (!config_) {
    if (!find_status(config_path_of(options_))) {
      throw Error(ErrorKind::kUsage, "no configuration",
                  concat(config_path_of(options_), " does not exist"),
                  "give one with -c, or give the path of an archive");
    }
    config_ = std::make_unique<Config>(load_config(config_path_of(options_), defaults_of_user()));
  }
  return *config_;
}

// What goes wrong is told as the command's error; the log is for who wants to see more.
Log& Workbench::log() {
  if (!options_.verbose) return null_log();
  if (!log_) log_ = make_log(LogLevel::kDebug);
  return *log_;
}

AskingKeys& Workbench::keys() {
  if (!keys_) {
    // A shelf of somebody else must open with -k alone, also when our own INI has a mistake.
    const bool configured =
        has_config() && (options_.key_options.empty() || !options_.config_path.empty());
    keys_ = std::make_unique<AskingKeys>(
        load_keys(options_.key_options, configured ? config().key : KeyConfig{}), can_ask());
  }
  return *keys_;
}

BlockCache& Workbench::cache() {
  if (!cache_) {
    const bool configured = has_config() && options_.key_options.empty();
    // A command reads on; what a daemon keeps for those who come back would only be memory.
    constexpr std::uint64_t kMostBytes = 32 * kMiB;
    const CacheConfig cache = configured ? config().cache : CacheConfig{};
    cache_ = std::make_unique<BlockCache>(std::min(cache.memory, kMostBytes));
  }
  return *cache_;
}

// Without a configuration a command leaves nothing behind.
ArchiveTools Workbench::tools() {
  const bool configured = has_config() && options_.key_options.empty();
  if (configured && !sidecars_) sidecars_ = sidecars_in(config().cache, log());
  return {.keys = keys(), .cache = cache(), .pool = &pool(), .sidecars = sidecars_.get()};
}

StateStore& Workbench::state() {
  if (!state_) {
    state_ = StateStore::open(config().state_path);
    if (!state_->problem().empty()) print_error(state_->problem());
  }
  return *state_;
}

WorkerPool& Workbench::pool() {
  if (!pool_) pool_ = std::make_unique<WorkerPool>();
  return *pool_;
}

const std::vector<std::shared_ptr<Location>>& Workbench::locations() {
  if (locations_.empty()) {
    locations_ =
        open_locations(config(), default_config(defaults_of_user()), state(), /*read_only=*/false);
  }
  return locations_;
}

void Workbench::make_first_key() {
  const FirstKeyParts parts{config(), options_.key_options, state(), locations()};
  if (ensure_first_key(parts) && !options_.quiet) {
    print_error(concat("a new key was made: ", config().key.file,
                       "; save it now: backshelf kit --output FILE"));
  }
}

BackupPtr Workbench::find_on_shelf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::string file = path.substr(slash == std::string::npos ? 0 : slash + 1);
  try {
    if (!has_config()) return nullptr;
    for (const LocationConfig& place : config().locations) {
      if (!is_same_directory(directory, place.path)) continue;
      return catalog().shelf()->find_file(place.name, file);
    }
  } catch (const Error&) {  // isolation: an archive given by its path needs no configuration
  }
  return nullptr;
}

Catalog& Workbench::catalog() {
  if (!catalog_) {
    catalog_ = Catalog::make({.locations = locations(),
                              .tools = tools(),
                              .state = state(),
                              .clock = clock_,
                              .log = log(),
                              .undelete = config().mount.undelete});
    (void)catalog_->refresh();
  }
  return *catalog_;
}

JobParts Workbench::job_parts() {
  return {.catalog = catalog(),
          .keys = keys(),
          .config = config(),
          .pool = pool(),
          .clock = clock_,
          .log = log(),
          .state = &state(),
          .leave_out = mounts_of_type(read_mount_table(), "fuse.backshelf")};
}

Jobs& Workbench::jobs() {
  if (!jobs_) jobs_ = Jobs::make(job_parts());
  return *jobs_;
}

std::shared_ptr<Archive> Workbench::open_file(const std::string& path) {
  return open_source(std::make_shared<FileSource>(path), path);
}

std::shared_ptr<Archive> Workbench::open_source(std::shared_ptr<const RandomSource> bytes,
                                                const std::string& name, KeySource* keys) {
  const ArchiveTools own = tools();
  const ArchiveTools with{keys == nullptr ? own.keys : *keys, own.cache, own.pool, own.sidecars};
  return Archive::open(std::move(bytes), name, with);
}

}  // namespace backshelf
