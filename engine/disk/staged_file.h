// A file that grows under a temporary name and gets its own only when it is complete: written in
// any order, by several threads, and published without ever replacing another one.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/entry.h"
#include "engine/base/error.h"
#include "engine/base/guarded.h"
#include "engine/disk/file.h"

namespace backshelf {

// Called when the disk is full (ENOSPC, EDQUOT); returns true when it freed something, and the
// call is tried again. Thread-safe. May be empty.
using MakeRoom = std::function<bool()>;

// Thread-safe, except that commit() must be the last call. After a write failed, every later call
// fails alike; truncate(0) begins afresh.
class StagedFile {
 public:
  struct Options {
    std::string directory;
    std::string temporary_name;  // plain name, must not exist: Error(kExists)
    mode_t mode = 0600;
    MakeRoom make_room;
  };

  // The file is locked (flock) while this object, or a source() of it, lives: a temporary file that
  // nobody has locked is a leftover of a crash (see remove_if_unlocked).
  explicit StagedFile(Options options);
  ~StagedFile();  // not committed: the file is removed
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;

  void write_at(std::uint64_t offset, ByteView bytes);  // a gap before `offset` reads as zeros
  void truncate(std::uint64_t size);
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const;  // short at the end
  [[nodiscard]] std::uint64_t size() const;
  void set_mtime(Timestamp mtime);  // access time stays
  // The bytes there are now (its size is that of this moment); outlives this object.
  [[nodiscard]] std::shared_ptr<const RandomSource> source() const;
  // Synced, then visible under `name` in the same directory, whose entry is synced too. Error:
  // kExists when the name is taken, kNoSpace, kIo. Exactly once; after a throw nothing is left.
  struct stat commit(const std::string& name);

 private:
  void open_temporary();
  [[noreturn]] void fail(int number, const std::string& what);
  void check_usable() const;
  [[nodiscard]] bool made_room(int number) const;
  void discard() noexcept;
  void begin_sync(std::uint64_t end) noexcept;

  Options options_;
  std::string temporary_path_;
  UniqueFd directory_fd_, fd_;
  Guarded<std::optional<Error>> failure_;
  std::atomic<bool> done_ = false;             // committed or discarded
  std::atomic<std::uint64_t> sync_begun_ = 0;  // up to here the disk was told to write
};

// Renames without ever replacing, also where the file system has no renameat2(NOREPLACE) (NFS: by
// hard link; without those: by an empty placeholder). False when `to` exists. Syncs the directory
// of `to`.
[[nodiscard]] bool rename_if_free(const std::string& from, const std::string& to,
                                  const MakeRoom& make_room = {});
// Removes a regular file that no process holds locked; false when it is locked or absent.
bool remove_if_unlocked(const std::string& path);
// Whether the directory is there and this process may not make, rename and remove files in it. One
// that is missing or does not answer is not read-only.
[[nodiscard]] bool is_read_only_directory(const std::string& path);
// Throws Error unless `path` is a directory that this process may list: kNotFound, kAccess,
// kInvalid.
void check_readable_directory(const std::string& path);

}  // namespace backshelf
