#include "tools/workbench.h"

#include <unistd.h>

#include <cstdlib>

#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "engine/keys/key_files.h"
#include "engine/location/location.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::vector<std::shared_ptr<Location>> open_locations(const Config& config, StateStore& state) {
  std::vector<std::shared_ptr<Location>> locations;
  for (const LocationConfig& place : config.locations) {
    DirectoryLocationOptions options;
    options.name = place.name;
    options.path = place.path;
    options.installation = state.installation();
    locations.push_back(make_directory_location(std::move(options)));
  }
  return locations;
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

std::string config_path_of(const CommonOptions& options) {
  return options.config_path.empty() ? default_config_path(defaults_of_user())
                                     : options.config_path;
}

bool Workbench::has_config() const {
  return !options_.config_path.empty() || find_status(config_path_of(options_)).has_value();
}

const Config& Workbench::config() {
  if (!config_) {
    if (!has_config()) {
      throw Error(ErrorKind::kUsage, "no configuration",
                  concat(config_path_of(options_), " does not exist"),
                  "give one with -c, or give the path of an archive");
    }
    config_ = std::make_unique<Config>(load_config(config_path_of(options_), defaults_of_user()));
  }
  return *config_;
}

Log& Workbench::log() {
  if (!log_) log_ = make_log(options_.verbose ? LogLevel::kDebug : LogLevel::kError);
  return *log_;
}

AskingKeys& Workbench::keys() {
  if (!keys_) {
    // A shelf of somebody else must open with -k alone, also when our own INI has a mistake.
    const bool configured = options_.key_options.empty() && has_config();
    keys_ = std::make_unique<AskingKeys>(
        load_keys(options_.key_options, configured ? config().key : KeyConfig{}), can_ask());
  }
  return *keys_;
}

BlockCache& Workbench::cache() {
  if (!cache_) cache_ = std::make_unique<BlockCache>(CacheConfig{}.memory);
  return *cache_;
}

StateStore& Workbench::state() {
  if (!state_) state_ = StateStore::open(config().state_path);
  return *state_;
}

Catalog& Workbench::catalog() {
  if (!catalog_) {
    catalog_ = Catalog::make({.locations = open_locations(config(), state()),
                              .tools = {keys(), cache()},
                              .state = state(),
                              .clock = clock_,
                              .log = log(),
                              .undelete = config().mount.undelete});
    (void)catalog_->refresh();
  }
  return *catalog_;
}

Jobs& Workbench::jobs() {
  if (!jobs_) {
    Catalog& shelf = catalog();
    pool_ = std::make_unique<WorkerPool>();
    jobs_ = Jobs::make({.catalog = shelf,
                        .keys = keys(),
                        .config = config(),
                        .pool = *pool_,
                        .clock = clock_,
                        .log = log()});
  }
  return *jobs_;
}

std::shared_ptr<Archive> Workbench::open_file(const std::string& path) {
  return Archive::open(std::make_shared<FileSource>(path), path, {keys(), cache()});
}

}  // namespace backshelf
