// An open file, whatever it is.
#pragma once

#include <memory>

#include "fs/shelf_tree.h"

namespace backshelf {

// Thread-safe.
class OpenFile {
 public:
  enum class Caching {
    kKeep,    // its bytes never change
    kFresh,   // what the kernel kept from an earlier opening is dropped
    kDirect,  // never kept: the size is not the kernel's to know
  };
  OpenFile() = default;
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  virtual ~OpenFile() = default;

  [[nodiscard]] virtual Node node() const = 0;  // as this handle sees it, also when it is gone
  [[nodiscard]] virtual Caching caching() const = 0;
  [[nodiscard]] virtual bool is_writable() const { return false; }
  // Short only at the end.
  [[nodiscard]] virtual std::size_t read(std::uint64_t offset, ByteSpan out,
                                         std::stop_token stop) = 0;
  virtual void write(std::uint64_t offset, ByteView bytes);  // kReadOnly unless it takes any
  virtual void flush() {}                                    // a descriptor was closed
};

struct OpenRequest {
  bool write = false, truncate = false;
};
// Throws Error: kReadOnly (inside a backup), kExists (an archive is never overwritten), kNotFound,
// kAccess, and what the archive or location throws.
[[nodiscard]] std::unique_ptr<OpenFile> open_file(const ShelfTree& tree, const NodeId& id,
                                                  const OpenRequest& request, std::stop_token stop);
// A new upload in `place`, opened. Throws as Uploads::create().
[[nodiscard]] std::unique_ptr<OpenFile> create_upload(const ShelfTree& tree,
                                                      const std::string& place,
                                                      const std::string& name);

}  // namespace backshelf
