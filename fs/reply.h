// The reply guard: every request is answered exactly once, whatever happens on the way, and an
// exception becomes the errno of its kind. For the .cc files of this folder only.
#pragma once

#include <sys/statvfs.h>

#include <functional>
#include <memory>
#include <variant>

#include "fs/directory.h"
#include "fs/fuse_glue.h"
#include "fs/open_file.h"
#include "fs/server.h"

namespace backshelf::reply {

struct Done {};
struct Entry {
  ShelfTree::Found found;
};
struct Attributes {
  Node node;
};
struct Opened {
  fuse_file_info info{};  // with the handle
};
struct Created {
  fuse_file_info info{};
  Node node;
};
struct OpenedDirectory {
  fuse_file_info info{};
};
struct Data {
  BufferPool::Buffer bytes;
  std::size_t size = 0;
};
struct Written {
  std::size_t size = 0;
};
struct Link {
  std::string target;
};
struct Space {
  struct statvfs values {};
};
struct Errno {
  int number = 0;
};
using Reply = std::variant<Done, Entry, Attributes, Opened, Created, OpenedDirectory, Data, Written,
                           Link, Space, Errno>;

// Answers `request` with what `work` returns, or with the errno of what it throws; `call` is for
// the log. `work` gets a token that stops when the kernel interrupts the request.
void serve(fuse_req_t request, const char* call,
           const std::function<Reply(const std::stop_token&)>& work) noexcept;

// Keep the handle for the kernel and describe it in a copy of `info`.
[[nodiscard]] Opened opened(Server& server, std::unique_ptr<OpenFile> file, fuse_file_info info);
[[nodiscard]] Created created(Server& server, std::unique_ptr<OpenFile> file, fuse_file_info info);
[[nodiscard]] OpenedDirectory opened(Server& server, std::unique_ptr<Directory> directory,
                                     fuse_file_info info);

// The handle that an earlier reply left; null when the request came without one.
[[nodiscard]] inline OpenFile* file_of(const fuse_file_info* info) {
  return info == nullptr ? nullptr : &HandleTable<OpenFile>::get(info->fh);
}

}  // namespace backshelf::reply
