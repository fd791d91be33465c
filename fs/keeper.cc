#include "fs/keeper.h"

#include "engine/base/error.h"

namespace backshelf {
namespace {

constexpr std::chrono::milliseconds kTick{500};

}  // namespace

Keeper::Keeper(const ShelfParts& parts, ShelfTree& tree, SpaceCache& space, ForgetName forget)
    : parts_(parts),
      tree_(tree),
      space_(space),
      forget_(std::move(forget)),
      pending_(std::make_shared<Guarded<Pending>>()) {
  parts_.catalog.on_change([pending = pending_](const Catalog::Change& change) {
    pending->with([&](Pending& list) {
      for (const BackupPtr& backup : change.added) list.names.push_back(backup->folder);
      for (const BackupPtr& backup : change.removed) list.names.push_back(backup->folder);
      list.status_changed = true;
    });
    pending->notify_all();
  });
  parts_.jobs.on_change(
      [pending = pending_] { pending->with([](Pending& list) { list.status_changed = true; }); });
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Keeper::~Keeper() = default;

void Keeper::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Pending pending = pending_->with(take);
    try {
      tick(pending);
    } catch (const std::exception& error) {  // isolation: the next round may succeed
      parts_.log.warning(concat("housekeeping: ", error.what()));
    }
    pending_->wait_for(
        stop, kTick, [](const Pending& list) { return !list.names.empty(); },
        [](const Pending&) {});
  }
}

Keeper::Pending Keeper::take(Pending& pending) {
  return std::exchange(pending, Pending{.names = {}, .status_changed = false});
}

void Keeper::tick(Pending& pending) {
  if (!pending.names.empty()) tree_.shelf_changed();
  for (const std::uint32_t slot : parts_.deletes.expire()) {
    if (const BackupPtr backup = parts_.catalog.shelf()->by_slot(slot)) {
      parts_.log.info(concat("the delete of ", backup->folder, " was not finished: all is back"));
      pending.names.push_back(backup->folder);
    }
  }
  for (const std::string& name : pending.names) forget_(name);
  tree_.new_backup().tick();
  parts_.uploads.expire();
  space_.refresh_if_wanted();
  parts_.status.refresh(pending.status_changed);
  // Its progress changes without a word; once more when it has ended.
  const bool opening = !parts_.catalog.opening().empty();
  if (pending.status_changed || opening || was_opening_) parts_.status.save();
  was_opening_ = opening;
}

}  // namespace backshelf
