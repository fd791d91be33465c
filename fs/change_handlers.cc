#include "engine/base/error.h"
#include "fs/reply.h"
#include "fs/server.h"

namespace backshelf {
namespace {

using reply::Reply;
using reply::serve;

// renameat2's flags.
constexpr unsigned kNoReplace = 1;

void on_create(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t,
               fuse_file_info* info) noexcept {
  Server& server = server_of(request);
  serve(request, "create", [&](const std::stop_token&) -> Reply {
    return reply::created(server, server.changes.create(unpack(parent), name), *info);
  });
}

void on_write(fuse_req_t request, fuse_ino_t, const char* bytes, std::size_t size, off_t offset,
              fuse_file_info* info) noexcept {
  serve(request, "write", [&](const std::stop_token&) -> Reply {
    reply::file_of(info)->write(static_cast<std::uint64_t>(offset), as_bytes({bytes, size}));
    return reply::Written{size};
  });
}

void on_flush(fuse_req_t request, fuse_ino_t, fuse_file_info* info) noexcept {
  serve(request, "flush", [&](const std::stop_token&) -> Reply {
    reply::file_of(info)->flush();
    return reply::Done{};
  });
}

void on_unlink(fuse_req_t request, fuse_ino_t parent, const char* name) noexcept {
  Server& server = server_of(request);
  serve(request, "unlink", [&](const std::stop_token& stop) -> Reply {
    server.changes.unlink(unpack(parent), name, stop);
    return reply::Done{};
  });
}

void on_rmdir(fuse_req_t request, fuse_ino_t parent, const char* name) noexcept {
  Server& server = server_of(request);
  serve(request, "rmdir", [&](const std::stop_token& stop) -> Reply {
    server.changes.rmdir(unpack(parent), name, stop);
    return reply::Done{};
  });
}

void on_rename(fuse_req_t request, fuse_ino_t from, const char* from_name, fuse_ino_t to,
               const char* to_name, unsigned flags) noexcept {
  Server& server = server_of(request);
  serve(request, "rename", [&](const std::stop_token& stop) -> Reply {
    if ((flags & ~kNoReplace) != 0) {
      throw Error(ErrorKind::kInvalid, "rename", "names cannot be exchanged here");
    }
    server.changes.rename({unpack(from), unpack(to), from_name, to_name, flags == kNoReplace},
                          stop);
    return reply::Done{};
  });
}

void refuse_other(fuse_req_t request, fuse_ino_t parent, const char* name,
                  const char* call) noexcept {
  Server& server = server_of(request);
  serve(request, call,
        [&](const std::stop_token&) -> Reply { server.changes.make_other(unpack(parent), name); });
}

void on_mkdir(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t) noexcept {
  Server& server = server_of(request);
  serve(request, "mkdir", [&](const std::stop_token&) -> Reply {
    return reply::Entry{{server.changes.mkdir(unpack(parent), name), kNoTimeout}};
  });
}

void on_mknod(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t, dev_t) noexcept {
  refuse_other(request, parent, name, "mknod");
}

void on_symlink(fuse_req_t request, const char*, fuse_ino_t parent, const char* name) noexcept {
  refuse_other(request, parent, name, "symlink");
}

void on_link(fuse_req_t request, fuse_ino_t, fuse_ino_t parent, const char* name) noexcept {
  refuse_other(request, parent, name, "link");
}

AttributeChange wanted_change(const struct stat& wanted, int which, const Clock& clock) {
  AttributeChange change;
  if ((which & FUSE_SET_ATTR_SIZE) != 0) change.size = static_cast<std::uint64_t>(wanted.st_size);
  if ((which & FUSE_SET_ATTR_MTIME_NOW) != 0) {
    change.mtime = to_timestamp(clock.now());
  } else if ((which & FUSE_SET_ATTR_MTIME) != 0) {
    change.mtime =
        Timestamp{wanted.st_mtim.tv_sec, static_cast<std::uint32_t>(wanted.st_mtim.tv_nsec)};
  }
  return change;
}

void on_setattr(fuse_req_t request, fuse_ino_t node, struct stat* wanted, int which,
                fuse_file_info* info) noexcept {
  Server& server = server_of(request);
  serve(request, "setattr", [&](const std::stop_token& stop) -> Reply {
    const NodeId id = unpack(node);
    server.changes.set_attributes(id, wanted_change(*wanted, which, server.parts.clock));
    if (const OpenFile* file = reply::file_of(info)) return reply::Attributes{file->node()};
    return reply::Attributes{server.tree.get(id, stop)};
  });
}

}  // namespace

void add_change_handlers(fuse_lowlevel_ops& operations) {
  operations.create = on_create;
  operations.write = on_write;
  operations.flush = on_flush;
  operations.unlink = on_unlink;
  operations.rmdir = on_rmdir;
  operations.rename = on_rename;
  operations.mkdir = on_mkdir;
  operations.mknod = on_mknod;
  operations.symlink = on_symlink;
  operations.link = on_link;
  operations.setattr = on_setattr;
}

}  // namespace backshelf
