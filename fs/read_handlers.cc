#include <algorithm>

#include "engine/base/error.h"
#include "fs/reply.h"
#include "fs/server.h"

namespace backshelf {
namespace {

using reply::Reply;
using reply::serve;

constexpr std::uint64_t kSpaceBlockBytes = 4096;
constexpr unsigned long kMaxNameBytes = 255;

void on_lookup(fuse_req_t request, fuse_ino_t parent, const char* name) noexcept {
  Server& server = server_of(request);
  serve(request, "lookup", [&](const std::stop_token& stop) -> Reply {
    reply::Entry entry{server.tree.lookup(unpack(parent), name, stop)};
    if (entry.found.node && !S_ISDIR(entry.found.node->status.st_mode)) {
      server.habits.asks_for_file(fuse_req_ctx(request)->pid);
    }
    return entry;
  });
}

void on_getattr(fuse_req_t request, fuse_ino_t node, fuse_file_info* info) noexcept {
  Server& server = server_of(request);
  serve(request, "getattr", [&](const std::stop_token& stop) -> Reply {
    if (const OpenFile* file = reply::file_of(info)) return reply::Attributes{file->node()};
    return reply::Attributes{server.tree.get(unpack(node), stop)};
  });
}

void on_readlink(fuse_req_t request, fuse_ino_t node) noexcept {
  Server& server = server_of(request);
  serve(request, "readlink", [&](const std::stop_token&) -> Reply {
    return reply::Link{server.tree.link_target(unpack(node))};
  });
}

void on_open(fuse_req_t request, fuse_ino_t node, fuse_file_info* info) noexcept {
  Server& server = server_of(request);
  serve(request, "open", [&](const std::stop_token& stop) -> Reply {
    const OpenRequest wanted{(info->flags & O_ACCMODE) != O_RDONLY, (info->flags & O_TRUNC) != 0};
    return reply::opened(server, open_file(server.tree, unpack(node), wanted, stop), *info);
  });
}

void on_read(fuse_req_t request, fuse_ino_t, std::size_t size, off_t offset,
             fuse_file_info* info) noexcept {
  Server& server = server_of(request);
  serve(request, "read", [&](const std::stop_token& stop) -> Reply {
    reply::Data data;
    data.bytes = server.buffers.take(size);
    data.size = reply::file_of(info)->read(static_cast<std::uint64_t>(offset),
                                           ByteSpan(data.bytes.get(), size), stop);
    return data;
  });
}

void on_release(fuse_req_t request, fuse_ino_t, fuse_file_info* info) noexcept {
  Server& server = server_of(request);
  serve(request, "release", [&](const std::stop_token&) -> Reply {
    server.files.remove(info->fh);
    return reply::Done{};
  });
}

void on_opendir(fuse_req_t request, fuse_ino_t node, fuse_file_info* info) noexcept {
  Server& server = server_of(request);
  serve(request, "opendir", [&](const std::stop_token& stop) -> Reply {
    std::unique_ptr<Directory> directory = open_directory(server.tree, unpack(node), stop);
    const std::uint32_t count = directory->fixed_count();
    directory->names_only = count > 0 && server.habits.opens(fuse_req_ctx(request)->pid, count);
    return reply::opened(server, std::move(directory), *info);
  });
}

void on_releasedir(fuse_req_t request, fuse_ino_t, fuse_file_info* info) noexcept {
  Server& server = server_of(request);
  serve(request, "releasedir", [&](const std::stop_token&) -> Reply {
    server.directories.remove(info->fh);
    return reply::Done{};
  });
}

fuse_entry_param plus_entry(const Listed& listed) {
  fuse_entry_param entry{};  // no node id: the kernel learns nothing but name and type
  entry.attr.st_ino = listed.inode;
  entry.attr.st_mode = listed.type_mode;
  if (!listed.node) return entry;
  entry.ino = listed.node->id;
  entry.attr = listed.node->status;
  entry.attr_timeout = entry.entry_timeout = listed.node->timeout;
  return entry;
}

// Adds an entry behind what is in the buffer; returns the bytes it needs, whether they fit or not.
using AddEntry = std::size_t (*)(fuse_req_t, char* out, std::size_t room, const Listed& listed);

std::size_t add_plain(fuse_req_t request, char* out, std::size_t room, const Listed& listed) {
  const fuse_entry_param entry = plus_entry(listed);
  return fuse_add_direntry(request, out, room, listed.name.c_str(), &entry.attr,
                           static_cast<off_t>(listed.next));
}

std::size_t add_plus(fuse_req_t request, char* out, std::size_t room, const Listed& listed) {
  const fuse_entry_param entry = plus_entry(listed);
  return fuse_add_direntry_plus(request, out, room, listed.name.c_str(), &entry,
                                static_cast<off_t>(listed.next));
}

Reply list(fuse_req_t request, Directory& directory, std::size_t size, off_t offset, AddEntry add) {
  reply::Data data;
  data.bytes = server_of(request).buffers.take(size);
  auto* out = reinterpret_cast<char*>(data.bytes.get());
  auto position = static_cast<std::uint64_t>(offset);
  while (auto listed = directory.at(position)) {
    if (directory.names_only && !S_ISDIR(listed->type_mode)) listed->node.reset();
    const std::size_t needed = add(request, out + data.size, size - data.size, *listed);
    if (needed > size - data.size) break;
    data.size += needed;
    position = listed->next;
  }
  return data;
}

void on_readdir(fuse_req_t request, fuse_ino_t, std::size_t size, off_t offset,
                fuse_file_info* info) noexcept {
  serve(request, "readdir", [&](const std::stop_token&) -> Reply {
    return list(request, HandleTable<Directory>::get(info->fh), size, offset, add_plain);
  });
}

void on_readdirplus(fuse_req_t request, fuse_ino_t, std::size_t size, off_t offset,
                    fuse_file_info* info) noexcept {
  serve(request, "readdirplus", [&](const std::stop_token&) -> Reply {
    return list(request, HandleTable<Directory>::get(info->fh), size, offset, add_plus);
  });
}

void on_statfs(fuse_req_t request, fuse_ino_t) noexcept {
  Server& server = server_of(request);
  serve(request, "statfs", [&](const std::stop_token&) -> Reply {
    const Space space = server.space.last();
    reply::Space answer;
    answer.values.f_bsize = answer.values.f_frsize = kSpaceBlockBytes;
    answer.values.f_blocks = space.total_bytes / kSpaceBlockBytes;
    answer.values.f_bfree = answer.values.f_bavail = space.free_bytes / kSpaceBlockBytes;
    answer.values.f_namemax = kMaxNameBytes;
    return answer;
  });
}

}  // namespace

void add_read_handlers(fuse_lowlevel_ops& operations) {
  operations.lookup = on_lookup;
  operations.getattr = on_getattr;
  operations.readlink = on_readlink;
  operations.open = on_open;
  operations.read = on_read;
  operations.release = on_release;
  operations.opendir = on_opendir;
  operations.readdir = on_readdir;
  operations.readdirplus = on_readdirplus;
  operations.releasedir = on_releasedir;
  operations.statfs = on_statfs;
}

}  // namespace backshelf
