// The reply guard: every request is answered exactly once, whatever happens on the way, and an
// exception becomes the errno of its kind. For the .cc files of this folder only.
#pragma once

#include <sys/statvfs.h>

#include <functional>
#include <memory>
#include <variant>

#include "engine/base/log.h"
#include "fs/directory.h"
#include "fs/fuse_glue.h"
#include "fs/open_file.h"

namespace backshelf::reply {

struct Done {};
struct Entry {
  ShelfTree::Found found;
};
struct Attributes {
  Node node;
};
struct Opened {
  std::unique_ptr<OpenFile> file;
  fuse_file_info info;
};
struct Created {
  std::unique_ptr<OpenFile> file;
  fuse_file_info info;
};
struct OpenedDirectory {
  std::unique_ptr<Directory> directory;
  fuse_file_info info;
};
struct Data {
  std::unique_ptr<std::byte[]> bytes;
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
void serve(fuse_req_t request, const char* call, Log& log,
           const std::function<Reply(const std::stop_token&)>& work) noexcept;

// The handles that Opened, Created and OpenedDirectory left in fuse_file_info::fh.
[[nodiscard]] OpenFile* file_of(const fuse_file_info* info);
[[nodiscard]] Directory* directory_of(const fuse_file_info* info);

}  // namespace backshelf::reply
