// Files and directories: the only room that opens, renames, syncs and removes.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/entry.h"
#include "engine/base/unique_fd.h"
#include "engine/stream/source.h"

namespace backshelf {

// A regular file by position (pread). Throws from the constructor: kNotFound, kAccess, kIo,
// kInvalid (no regular file).
class FileSource final : public RandomSource {
 public:
  explicit FileSource(const std::string& path);
  FileSource(UniqueFd fd, std::string path);
  // The same, but Error(kInvalid) when the last component of `path` is a symbolic link.
  [[nodiscard]] static std::shared_ptr<const FileSource> open_no_link(const std::string& path);
  [[nodiscard]] std::uint64_t size() const override { return size_; }  // at opening
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const override;
  [[nodiscard]] struct stat status() const;  // fstat now

 private:
  UniqueFd fd_;
  std::string path_;
  std::uint64_t size_ = 0;
};

// A small file as a whole; more than `limit` bytes is Error(kInvalid).
[[nodiscard]] ByteVec read_file(const std::string& path, std::size_t limit);
[[nodiscard]] std::optional<ByteVec> find_file(const std::string& path,
                                               std::size_t limit);  // nullopt: absent

// Write a temporary file beside the target, then make it the target at once: temp → fsync → rename
// → fsync directory. Destroyed without commit, the temporary file is removed and nothing happened.
class AtomicFile final : public Sink {
 public:
  // `temporary_name` is a plain name in the target's directory; it must not exist. Mode applies
  // from the start.
  AtomicFile(std::string directory, std::string temporary_name, mode_t mode);
  ~AtomicFile() override;
  void write(ByteView bytes) override;
  void patch(std::uint64_t offset, ByteView bytes);  // REQUIRES: inside what was written
  [[nodiscard]] std::uint64_t written() const { return written_; }
  enum class Existing { kKeep /* Error(kExists) */, kReplace };
  // Exactly once, also exactly once in sum with failure: after a throw the temporary file is gone.
  void commit(const std::string& name, Existing existing);

 private:
  std::string directory_, temporary_;
  UniqueFd fd_;
  std::uint64_t written_ = 0;
  bool done_ = false;
};
// A whole file replaced atomically (state, key, kit).
void write_file(const std::string& path, ByteView bytes, mode_t mode,
                AtomicFile::Existing existing);

struct DirectoryEntry {
  std::string name;
  struct stat status {};  // lstat
};
// These throw Error with the kind of the failed call's errno: kNotFound, kAccess, kNotPermitted,
// kReadOnly, kNoSpace, kIo; besides, what stands beside them.
[[nodiscard]] std::vector<DirectoryEntry> list_directory(const std::string& path);
// lstat; nullopt: absent, or a folder on the way is none. So never kNotFound.
[[nodiscard]] std::optional<struct stat> find_status(const std::string& path);
[[nodiscard]] Timestamp mtime_of(const struct stat& status);

void make_directories(const std::string& path, mode_t mode);  // existing ones are fine
// renameat2(NOREPLACE) and fsync of the directory; kExists when the target is there. Same file
// system only: kCrossDevice.
void rename_no_replace(const std::string& from, const std::string& to);
void remove_file(const std::string& path);  // and fsync of its directory; kNotFound when absent
bool remove_file_if_present(const std::string& path);  // the same; false: absent
// Its mtime becomes now.
void touch_file(const std::string& path);
// A file system that cannot do it (EINVAL of network ones) is no failure.
void sync_directory(const std::string& path);
struct DiskSpace {
  std::uint64_t free_bytes = 0, total_bytes = 0;
};
[[nodiscard]] DiskSpace disk_space(const std::string& path);  // free: for ordinary users

// An exclusive lock between processes, held while the object lives (flock; gone with the process).
class FileLock {
 public:
  // nullopt when another process holds it. Creates the file (0600) when absent.
  [[nodiscard]] static std::optional<FileLock> try_take(const std::string& path);

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// Tells that something in a directory changed (inotify): create, remove, rename, close after
// writing, attributes.
class DirectoryWatch {
 public:
  explicit DirectoryWatch(const std::string& path);
  // Null when the kernel grants no (further) watch.
  [[nodiscard]] static std::unique_ptr<DirectoryWatch> find(const std::string& path);
  [[nodiscard]] int fd() const { return fd_.get(); }  // readable when something happened
  void drain();

 private:
  explicit DirectoryWatch(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace backshelf
