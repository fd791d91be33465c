#include "tools/daemon.h"

#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "engine/base/error.h"
#include "engine/catalog/catalog.h"
#include "engine/catalog/state_key_hints.h"
#include "engine/disk/file.h"
#include "engine/job/first_key.h"
#include "engine/job/jobs.h"
#include "engine/keys/key_files.h"
#include "engine/keys/key_ring.h"
#include "fs/session.h"
#include "tools/daemon_plan.h"
#include "tools/mount_point.h"
#include "tools/signals.h"
#include "tools/terminal.h"
#include "tools/workbench.h"

namespace backshelf {
namespace {

constexpr mode_t kStateMode = 0700;

DeletePolicy delete_policy(const MountConfig& config) {
  if (config.delete_policy == "rmdir-only") return DeletePolicy::kRmdirOnly;
  return config.delete_policy == "deny" ? DeletePolicy::kDeny : DeletePolicy::kTwoPhase;
}

// Blocks of decoded data come and go in many threads for months: what is freed goes back to the
// system instead of staying behind in a heap of each thread.
void keep_heap_small() {
  (void)::mallopt(M_ARENA_MAX, 2);
  (void)::mallopt(M_MMAP_THRESHOLD, 64 * 1024);
}

std::unique_ptr<StateStore> open_state(const DaemonPlan& plan) {
  if (!plan.from_config) return StateStore::open("");
  make_directories(plan.config.state_path, kStateMode);
  return StateStore::open(plan.config.state_path);
}

// One daemon per state; see also `backshelf status`.
std::optional<FileLock> lock_state(const DaemonPlan& plan) {
  if (!plan.from_config) return std::nullopt;
  auto lock = FileLock::try_take(concat(plan.config.state_path, "/daemon.lock"));
  if (!lock) {
    throw Error(ErrorKind::kBusy, plan.config.state_path, "another daemon uses this state",
                "unmount its shelf first, or give each daemon its own [state] path");
  }
  return lock;
}

std::vector<SecretBytes> keys_for(const DaemonPlan& plan, const MountRequest& request,
                                  StateStore& state,
                                  std::span<const std::shared_ptr<Location>> locations) {
  if (plan.from_config && !plan.read_only) {
    const FirstKeyParts parts{plan.config, request.common.key_options, state, locations};
    if (ensure_first_key(parts) && !request.common.quiet) {
      print_error(concat("a new key was made: ", plan.config.key.file,
                         "; save it now: backshelf kit --output FILE"));
    }
  }
  std::vector<SecretBytes> keys = load_keys(request.common.key_options, plan.config.key);
  // Now or never: the daemon leaves the terminal.
  if (!plan.from_config && keys.empty() && can_ask()) {
    const SecretBytes typed =
        ask_secret("Key of these backups (not shown; Enter: go on without): ");
    if (!typed.empty()) keys = parse_key_text(typed.view(), "the key typed");
  }
  return keys;
}

void remove_leftovers(std::span<const std::shared_ptr<Location>> locations, Log& log) {
  for (const auto& location : locations) {
    if (location->read_only()) continue;
    try {
      const std::size_t removed = location->remove_leftovers();
      if (removed > 0) log.info(concat(location->name(), ": removed ", removed, " leftovers"));
    } catch (const Error& error) {  // isolation: one location of several
      log.warning(concat(location->name(), ": ", error.what()));
    }
  }
}

std::chrono::seconds shortest_poll(const Config& config) {
  std::chrono::seconds shortest = LocationConfig().poll;
  for (const LocationConfig& place : config.locations) shortest = std::min(shortest, place.poll);
  return shortest;
}

// Everything a session stands on, in the order in which it is needed; destroyed the other way
// round.
struct Rooms {
  Rooms(const DaemonPlan& given, const MountRequest& request)
      : plan(given),
        log(make_log(request.common.verbose                        ? LogLevel::kDebug
                     : request.foreground && !request.common.quiet ? LogLevel::kInfo
                                                                   : LogLevel::kError)),
        state(open_state(plan)),
        lock(lock_state(plan)),
        locations(open_locations(plan, *state)),
        hints(make_state_key_hints(*state)),
        keys(KeyRing::make(keys_for(plan, request, *state, locations), hints.get())),
        cache(plan.config.cache.memory),
        sidecars(sidecars_in(plan.config.cache, *log)) {
    remove_leftovers(locations, *log);
    if (SecretBytes::some_are_unlocked()) {
      log->warning("keys may be swapped out: raise the limit of locked memory (ulimit -l)");
    }
    for (const std::string& setting : plan.config.without_effect) {
      log->warning(concat("no effect in this version: ", setting));
    }
    catalog = Catalog::make({.locations = locations,
                             .tools = tools(),
                             .state = *state,
                             .clock = clock,
                             .log = *log,
                             .undelete = plan.config.mount.undelete,
                             .poll = shortest_poll(plan.config)});
    (void)catalog->refresh();
    jobs = Jobs::make({.catalog = *catalog,
                       .keys = *keys,
                       .config = plan.config,
                       .pool = pool,
                       .clock = clock,
                       .log = *log,
                       .read_only = plan.read_only,
                       .state = state.get(),
                       .leave_out = {plan.mount_point}});
    if (!state->problem().empty()) {
      jobs->report("state", Error(ErrorKind::kDamaged, plan.config.state_path, state->problem()));
    }
    make_files();
  }

  void make_files() {
    const MountConfig& mount = plan.config.mount;
    deletes = DeleteSessions::make({.state = *state,
                                    .clock = clock,
                                    .log = *log,
                                    .policy = delete_policy(mount),
                                    .window = mount.delete_window});
    uploads = Uploads::make(
        {.catalog = *catalog, .jobs = *jobs, .tools = tools(), .clock = clock, .log = *log});
    control = ControlFile::make({.jobs = *jobs,
                                 .log = *log,
                                 .allows = mount.control_allows,
                                 .read_only = plan.read_only,
                                 .deny_delete = delete_policy(mount) == DeletePolicy::kDeny});
    status = StatusFiles::make(
        {.catalog = *catalog, .jobs = *jobs, .clock = clock, .log = *log, .state = *state});
  }

  [[nodiscard]] ArchiveTools tools() {
    return {.keys = *keys, .cache = cache, .pool = &pool, .sidecars = sidecars.get()};
  }

  [[nodiscard]] ShelfParts parts() const {
    return {.catalog = *catalog,
            .jobs = *jobs,
            .clock = clock,
            .log = *log,
            .deletes = *deletes,
            .uploads = *uploads,
            .control = *control,
            .status = *status,
            .how = presentation_of(plan.config.mount, ::geteuid(), ::getegid()),
            .read_only = plan.read_only,
            .deny_delete = delete_policy(plan.config.mount) == DeletePolicy::kDeny};
  }

  const DaemonPlan& plan;
  SystemClock clock;
  std::unique_ptr<RingLog> log;
  std::unique_ptr<StateStore> state;
  std::optional<FileLock> lock;
  std::vector<std::shared_ptr<Location>> locations;
  std::unique_ptr<KeyHints> hints;
  std::unique_ptr<KeyRing> keys;
  BlockCache cache;
  std::unique_ptr<Sidecars> sidecars;
  WorkerPool pool;
  std::unique_ptr<Catalog> catalog;
  std::unique_ptr<Jobs> jobs;
  std::unique_ptr<DeleteSessions> deletes;
  std::unique_ptr<Uploads> uploads;
  std::unique_ptr<ControlFile> control;
  std::unique_ptr<StatusFiles> status;
};

}  // namespace

int serve_shelf(const MountRequest& request, const OnReady& on_ready) {
  const DaemonPlan plan = make_plan(request);
  (void)::umask(0077);
  keep_heap_small();
  (void)std::signal(SIGHUP, SIG_IGN);  // a terminal that goes away is no reason to end
  StopOnSignal signals;
  Rooms rooms(plan, request);
  Session::Options options;
  options.mount_point = plan.mount_point;
  options.mount = request.options;
  options.allow_other = plan.allow_other;
  options.on_started = on_ready;
  options.before_mount = [&plan] { remove_dead_mount(plan.mount_point); };
  Session session(rooms.parts(), std::move(options));
  rooms.catalog->start_watching();
  rooms.jobs->start();
  rooms.log->info(concat("mounted on ", plan.mount_point, ", ",
                         rooms.catalog->shelf()->backups.size(), " archives",
                         plan.read_only ? ", read-only" : ""));
  const std::stop_callback ending(signals.token(), [&session] { session.stop(); });
  session.run();
  rooms.log->info("unmounted");
  rooms.deletes->end_all();
  rooms.status->save();
  return 0;
}

}  // namespace backshelf
