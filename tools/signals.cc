#include "tools/signals.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>
#include <ctime>

namespace backshelf {

StopOnSignal::StopOnSignal() {
  sigset_t set;
  (void)sigemptyset(&set);
  (void)sigaddset(&set, SIGINT);
  (void)sigaddset(&set, SIGTERM);
  (void)pthread_sigmask(SIG_BLOCK, &set, nullptr);
  waiter_ = std::jthread([this, set](const std::stop_token& ended) {
    constexpr timespec kLook{0, 100'000'000};
    while (!ended.stop_requested()) {
      if (sigtimedwait(&set, nullptr, &kLook) > 0) {
        if (!source_.request_stop()) std::_Exit(130);  // the second Ctrl-C means it
      }
    }
  });
}

StopOnSignal::~StopOnSignal() = default;

void harden_process() {
  const rlimit none{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  (void)std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace backshelf
