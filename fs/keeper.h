// The thread beside the handlers: tells the kernel what came and went, ends delete sessions and
// uploads whose time is over, keeps status.json and the free space fresh. Nothing of this may run
// inside a handler: a notification waits for locks that the request's caller may hold.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/guarded.h"
#include "fs/parts.h"
#include "fs/shelf_tree.h"
#include "fs/space_cache.h"

namespace backshelf {

class Keeper {
 public:
  // Makes the kernel forget a name at the top of the shelf.
  using ForgetName = std::function<void(const std::string& name)>;

  // All borrowed. The thread starts at once and ends with the object.
  Keeper(const ShelfParts& parts, ShelfTree& tree, SpaceCache& space, ForgetName forget);
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

 private:
  struct Pending {
    std::vector<std::string> names;
    bool status_changed = true;
  };
  static Pending take(Pending& pending);
  void run(const std::stop_token& stop);
  void tick(Pending& pending);

  const ShelfParts& parts_;
  ShelfTree& tree_;
  SpaceCache& space_;
  const ForgetName forget_;
  bool was_opening_ = false;                   // at the last tick; of the thread alone
  std::shared_ptr<Guarded<Pending>> pending_;  // shared with the callbacks, which outlive us
  std::jthread thread_;                        // last: it uses all of the above
};

}  // namespace backshelf
