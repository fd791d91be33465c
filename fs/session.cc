#include "fs/session.h"

#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>
#include <thread>

#include "engine/base/c_handle.h"
#include "engine/base/error.h"
#include "engine/base/guarded.h"
#include "fs/keeper.h"
#include "fs/kernel_read_ahead.h"
#include "fs/server.h"

namespace backshelf {
namespace {

// Many of them may wait for one archive's first pass while others must still be answered.
constexpr unsigned kMaxThreads = 24;
// Wakes the loop's waiting thread; its handler does nothing.
constexpr int kWakeSignal = SIGUSR1;
constexpr std::chrono::milliseconds kWakeAgain{20};

using FuseSession = CHandle<fuse_session, fuse_session_destroy>;
using LoopConfig = CHandle<fuse_loop_config, fuse_loop_cfg_destroy>;

FuseSession make_session(const Session::Options& options, Server& server) {
  fuse_lowlevel_ops operations{};
  add_init_handler(operations);
  add_read_handlers(operations);
  add_change_handlers(operations);
  std::string list = fuse_options(options.mount, options.allow_other);
  std::string name = "backshelf", flag = "-o";
  char* words[] = {name.data(), flag.data(), list.data(), nullptr};
  fuse_args arguments = FUSE_ARGS_INIT(3, words);
  FuseSession session(fuse_session_new(&arguments, &operations, sizeof operations, &server));
  fuse_opt_free_args(&arguments);
  if (!session) {
    throw Error(ErrorKind::kInternal, "mount", "the FUSE library refused its options");
  }
  return session;
}

void mount(fuse_session* session, const Session::Options& options) {
  if (fuse_session_mount(session, options.mount_point.c_str()) != 0) {
    throw Error(ErrorKind::kIo, concat("mount on ", options.mount_point),
                "the kernel or fusermount3 refused it, as said above",
                options.allow_other
                    ? "is fuse3 installed, and user_allow_other set in /etc/fuse.conf?"
                    : "is fuse3 installed, and is the folder yours?");
  }
  const fuse_custom_io io = session_io();
  if (fuse_session_custom_io(session, &io, fuse_session_fd(session)) != 0) {
    fuse_session_unmount(session);
    throw Error(ErrorKind::kInternal, "mount", "the FUSE library refused its input and output");
  }
}

void ignore_signal(int) noexcept {}

void install_wake_signal() {
  struct sigaction action {};
  action.sa_handler = ignore_signal;  // without SA_RESTART: the wait must end
  (void)::sigaction(kWakeSignal, &action, nullptr);
}

}  // namespace

struct Session::State {
  State(const ShelfParts& parts, Options given)
      : options(std::move(given)),
        server(parts, [this] { started(); }),
        session(make_session(options, server)) {
    server.space.refresh_if_wanted();
    if (options.before_mount) options.before_mount();
    mount(session.get(), options);
  }
  ~State() {
    end_keeper();
    fuse_session_unmount(session.get());
  }

  // The keeper's notifications make sense only after INIT.
  void started() {
    auto made = std::make_unique<Keeper>(server.parts, server.tree, server.space,
                                         [this](const std::string& name) { forget_name(name); });
    keeper.with([&](std::unique_ptr<Keeper>& kept) { kept = std::move(made); });
    server.parts.status.set_mount({.parallel_lookups = server.kernel_has_parallel_dirops,
                                   .attributes_with_names = server.kernel_has_readdirplus,
                                   .read_ahead_kib = raise_read_ahead(options.mount_point)});
    if (options.on_started) options.on_started();
  }
  void forget_name(const std::string& name) const {
    // -ENOENT when the kernel does not know it: all the better.
    (void)fuse_lowlevel_notify_inval_entry(session.get(), kRootNumber, name.data(), name.size());
  }

  void end_keeper() {
    std::unique_ptr<Keeper> ended;  // joined without the lock
    keeper.with([&](std::unique_ptr<Keeper>& kept) { ended = std::move(kept); });
  }

  const Options options;
  Server server;
  FuseSession session;
  Guarded<std::unique_ptr<Keeper>> keeper;
  std::atomic<bool> running = false;
  std::atomic<bool> stopping = false;
  pthread_t loop_thread{};
};

Session::Session(const ShelfParts& parts, Options options)
    : state_(std::make_unique<State>(parts, std::move(options))) {}

Session::~Session() = default;

void Session::run() {
  State& state = *state_;
  install_wake_signal();
  const LoopConfig config(fuse_loop_cfg_create());
  fuse_loop_cfg_set_max_threads(config.get(), kMaxThreads);
  fuse_loop_cfg_set_clone_fd(config.get(), 0);
  state.loop_thread = pthread_self();
  state.running = true;
  const int result = state.stopping ? 0 : fuse_session_loop_mt(state.session.get(), config.get());
  state.running = false;
  state.end_keeper();
  if (result < 0 && result != -ENODEV && !state.stopping) {
    throw error_from_errno(-result, concat("serve ", state.options.mount_point));
  }
}

void Session::stop() {
  State& state = *state_;
  state.stopping = true;
  // While requests are still answered: a notification of it may wait for one of them.
  state.end_keeper();
  fuse_session_exit(state.session.get());
  // The loop may be about to wait: one signal could come too early.
  while (state.running) {
    (void)::pthread_kill(state.loop_thread, kWakeSignal);
    std::this_thread::sleep_for(kWakeAgain);
  }
}

}  // namespace backshelf
