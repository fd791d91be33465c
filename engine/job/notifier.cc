#include "engine/job/notifier.h"

#include <algorithm>
#include <array>

#include "engine/job/scheduler.h"
#include "engine/json/json.h"
#include "engine/process/command.h"

namespace backshelf {
namespace {

constexpr std::chrono::seconds kLimit(60);      // of a mail or a web request
constexpr std::size_t kOutputBytes = 1 * kMiB;  // of a talkative command; thrown away
constexpr const char* kNotifyCode = "notify";
// In the state: of which staleness the user was told, so that a restart does not tell it again.
constexpr const char* kToldKey = "told_stale";

bool is_same(const Problem& a, const Problem& b) {
  return a.code == b.code && a.what == b.what && a.since == b.since;
}

bool has(const std::vector<Problem>& problems, const Problem& one) {
  return std::any_of(problems.begin(), problems.end(),
                     [&](const Problem& other) { return is_same(other, one); });
}

}  // namespace

std::string notification(const Problem& problem) {
  Json json = Json::object();
  json.set("code", problem.code).set("what", problem.what).set("todo", problem.todo);
  json.set("since", to_rfc3339(problem.since));
  return concat(print_json(json), "\n");
}

bool is_notified(const std::string& code) {
  constexpr std::array<std::string_view, 4> kNot = {"delete-refused", "upload", "control",
                                                    kNotifyCode};
  return std::find(kNot.begin(), kNot.end(), code) == kNot.end();
}

Notifier::Notifier(const JobParts& parts, JobBoard& board)
    : parts_(parts), board_(board), data_(std::make_shared<Guarded<Data>>()) {
  board_.on_change([data = data_] {
    data->with([](Data& now) { now.changed = true; });
    data->notify_all();
  });
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Notifier::~Notifier() {
  thread_.request_stop();
}

void Notifier::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    data_->wait(
        stop, [](const Data& data) { return data.changed; },
        [](Data& data) { data.changed = false; });
    if (!stop.stop_requested()) look(stop);
  }
}

void Notifier::look(const std::stop_token& stop) {
  const std::vector<Problem> problems = board_.snapshot().problems;
  (void)std::erase_if(told_, [&](const Problem& one) { return !has(problems, one); });
  for (const Problem& problem : problems) {
    if (stop.stop_requested()) return;
    if (!is_notified(problem.code) || has(told_, problem)) continue;
    told_.push_back(problem);
    tell(problem, stop);
  }
}

void Notifier::tell(const Problem& problem, const std::stop_token& stop) {
  const bool stale = problem.code == kStaleCode && parts_.state != nullptr;
  try {
    if (stale && parts_.state->member(kToldKey).text_or("") == problem.what) return;
    const CommandResult result = run_command(parts_.config.notify_command, kLimit, kOutputBytes,
                                             notification(problem), stop);
    if (result.exit_code != 0) {
      throw Error(ErrorKind::kIo, "the command", concat("it ended with code ", result.exit_code),
                  "run it by hand to see why");
    }
    if (stale) parts_.state->update([&](Json& state) { state.set(kToldKey, problem.what); });
    board_.settle(kNotifyCode);
  } catch (const Error& error) {  // isolation: the problem itself is in status
    if (error.kind() == ErrorKind::kInterrupted) return;
    const Error told(error.kind(), "the command of [notify]", error.why(), error.todo());
    parts_.log.error(told.what());
    board_.report(kNotifyCode, told);
  }
}

}  // namespace backshelf
