// What the FUSE handlers work on. For the .cc files of this folder only.
#pragma once

#include <atomic>

#include "fs/buffer_pool.h"
#include "fs/changes.h"
#include "fs/directory.h"
#include "fs/fuse_glue.h"
#include "fs/handle_table.h"
#include "fs/listing_habits.h"
#include "fs/space_cache.h"

namespace backshelf {

// The session's userdata; lives as long as the session.
struct Server {
  Server(const ShelfParts& shelf_parts, std::function<void()> started)
      : parts(shelf_parts),
        tree(parts),
        changes(tree),
        space(parts.catalog, parts.clock, parts.log),
        on_started(std::move(started)) {}

  const ShelfParts parts;
  ShelfTree tree;
  Changes changes;
  SpaceCache space;
  BufferPool buffers;
  HandleTable<OpenFile> files;
  HandleTable<Directory> directories;
  ListingHabits habits;
  const std::function<void()> on_started;  // once, when the kernel has our answer to INIT
  std::atomic<bool> kernel_has_parallel_dirops = false, kernel_has_readdirplus = false;
  std::atomic<bool> init_answered = false;
};

// The handlers, each answering through the reply guard.
void add_read_handlers(fuse_lowlevel_ops& operations);
void add_change_handlers(fuse_lowlevel_ops& operations);
// INIT, and the hooks of the session's input and output.
void add_init_handler(fuse_lowlevel_ops& operations);
[[nodiscard]] fuse_custom_io session_io();

[[nodiscard]] inline Server& server_of(fuse_req_t request) {
  return *static_cast<Server*>(fuse_req_userdata(request));
}

}  // namespace backshelf
