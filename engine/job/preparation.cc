#include "engine/job/preparation.h"

#include <algorithm>

namespace backshelf {
namespace {

// What nobody can open, and what is still being written, is not worth a try.
bool is_worth_it(const Backup& backup) {
  return !backup.growing && (backup.state == State::kUnchecked || backup.state == State::kOk);
}

}  // namespace

Preparation::Preparation(Catalog& catalog, Log& log, Which which)
    : catalog_(catalog), log_(log), which_(which), data_(std::make_shared<Guarded<Data>>()) {
  catalog_.on_change([data = data_](const Catalog::Change& change) {
    std::stop_source stop = data->with([&](Data& now) {
      now.changed = true;
      const bool gone =
          std::any_of(change.removed.begin(), change.removed.end(),
                      [&](const BackupPtr& backup) { return backup->slot == now.current; });
      return gone ? now.stop : std::stop_source(std::nostopstate);
    });
    (void)stop.request_stop();
    data->notify_all();
  });
  thread_ = std::jthread([this](const std::stop_token& end) { run(end); });
}

Preparation::~Preparation() {
  thread_.request_stop();  // before the source is asked for: what is taken now is not begun
  std::stop_source stop = data_->with([](const Data& data) { return data.stop; });
  (void)stop.request_stop();
}

void Preparation::run(const std::stop_token& end) {
  while (!end.stop_requested()) {
    const BackupPtr next = take_next();
    if (!next) {
      data_->wait(
          end, [](const Data& data) { return data.changed; },
          [](Data& data) { data.changed = false; });
      continue;
    }
    const std::stop_token stop =
        data_->with([](const Data& data) { return data.stop.get_token(); });
    try {
      if (!end.stop_requested()) prepare(*next, stop);
    } catch (const std::exception& error) {  // isolation: one archive of many
      log_.debug(concat("preparing ", next->folder, ": ", error.what()));
    }
    data_->with([&](Data& data) { data.current = 0; });
  }
}

// Null: nothing is left. Each backup is taken once, whatever becomes of it.
BackupPtr Preparation::take_next() {
  const std::shared_ptr<const Shelf> shelf = catalog_.shelf();
  BackupPtr newest;
  data_->with([&](Data& data) {
    for (const BackupPtr& backup : shelf->backups) {
      if (!is_worth_it(*backup)) continue;
      if (which_ == Which::kAll && data.finished.contains(backup->slot)) continue;
      if (!newest || to_instant(backup->when) > to_instant(newest->when)) newest = backup;
    }
    if (newest && !data.finished.insert(newest->slot).second) newest = nullptr;
    if (!newest) return;
    data.current = newest->slot;
    data.stop = std::stop_source();
  });
  return newest;
}

void Preparation::prepare(const Backup& backup, const std::stop_token& stop) const {
  const std::shared_ptr<Archive> archive = catalog_.open(backup);
  archive->check(stop);
  const std::size_t members = archive->members().size();
  for (std::uint32_t slot = 1; slot <= members; ++slot) {
    try {
      (void)archive->child_count({slot, kRootNode}, stop);
    } catch (const Error& error) {  // isolation: one member of several
      if (error.kind() == ErrorKind::kInterrupted) throw;
    }
  }
}

}  // namespace backshelf
