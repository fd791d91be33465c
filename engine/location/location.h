// A place where archives lie: a directory now, an object store later. So no rename or in-place
// write is assumed above it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/entry.h"
#include "engine/stream/source.h"

namespace backshelf {

// One archive object. `identity` changes when the bytes may have changed, and tells the objects of
// one location apart (directory: inode, size, mtime, ctime).
struct ObjectInfo {
  std::string name;  // file name in the location, raw bytes
  std::uint64_t size = 0;
  Timestamp mtime;
  std::string identity;
  friend bool operator==(const ObjectInfo&, const ObjectInfo&) = default;
};

struct Space {
  std::uint64_t free_bytes = 0, total_bytes = 0;
};

// The bytes of an archive being written. One thread at a time.
class ArchiveSink : public Sink {
 public:
  // Overwrites bytes already written; REQUIRES: offset + bytes.size() <= bytes written so far, and
  // offset not before the start of the member being written (an object store holds back one part
  // only).
  virtual void patch(std::uint64_t offset, ByteView bytes) = 0;
  [[nodiscard]] virtual std::uint64_t written() const = 0;
};

// An object being written. Not committed: it never existed.
class PendingObject : public ArchiveSink {
 public:
  // Everything synced, then visible under `name`; throws Error(kExists) when that name is taken
  // (nothing is overwritten), kNoSpace, kIo. After a throw nothing is left.
  virtual ObjectInfo commit(const std::string& name) = 0;
};

// An upload: written in any order, by several threads at once, and published when it proved sound.
// Not committed: it never existed. After a write failed every later call fails alike; truncate(0)
// begins afresh.
class StagedObject {
 public:
  StagedObject() = default;
  StagedObject(const StagedObject&) = delete;
  StagedObject& operator=(const StagedObject&) = delete;
  virtual ~StagedObject() = default;
  virtual void write_at(std::uint64_t offset,
                        ByteView bytes) = 0;  // a gap before `offset` reads as zeros
  virtual void truncate(std::uint64_t size) = 0;
  [[nodiscard]] virtual std::size_t read_at(std::uint64_t offset,
                                            ByteSpan out) const = 0;  // short only at the end
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // A view of the staged bytes, with the size of this moment; it may outlive this object.
  [[nodiscard]] virtual std::shared_ptr<const RandomSource> source() const = 0;
  virtual void set_mtime(Timestamp mtime) = 0;
  // As PendingObject::commit; no other call may run at the same time or follow.
  virtual ObjectInfo commit(const std::string& name) = 0;
};

// Thread-safe. An object's name is a plain file name ending in ".tar" and not starting with '.';
// other names are Error(kInvalid) when given to create something, and kNotFound otherwise. Changes
// of a read-only location are kReadOnly.
class Location {
 public:
  virtual ~Location() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;  // of its INI section
  [[nodiscard]] virtual std::vector<ObjectInfo>
  list() = 0;  // every *.tar, not recursive, in no order; throws when away
  // Hidden objects of this installation (see hide): name is the hidden name (object_names.h).
  [[nodiscard]] virtual std::vector<ObjectInfo> list_hidden() = 0;
  [[nodiscard]] virtual std::optional<ObjectInfo> find(const std::string& name) = 0;
  // kNotFound: no such archive, or away; kAccess, kIo.
  [[nodiscard]] virtual std::shared_ptr<const RandomSource> open(const std::string& name) = 0;
  // `job` names the writer in the temporary name, so that leftovers of a crash are known as ours.
  [[nodiscard]] virtual std::unique_ptr<PendingObject> create(const std::string& job) = 0;
  [[nodiscard]] virtual std::unique_ptr<StagedObject> stage(const std::string& job) = 0;
  virtual void rename(const std::string& from, const std::string& to) = 0;  // kExists when taken
  // Soft delete: the object leaves list() under a hidden name not ending in .tar, which is
  // returned. Needs no free space. kNotFound: no such archive, or it was never there; kReadOnly:
  // not writable now; kIo.
  [[nodiscard]] virtual std::string hide(const std::string& name) = 0;
  // Back again under `name`, or with " (2)" … before ".tar" when that is taken; returns the name
  // given.
  [[nodiscard]] virtual std::string unhide(const std::string& hidden, const std::string& name) = 0;
  virtual void remove(const std::string& name_or_hidden) = 0;
  // What our hidden objects hold counts as free: a write that finds the disk full removes them,
  // oldest first, and goes on. Asks the disk; kNotFound when away, kAccess, kIo.
  [[nodiscard]] virtual Space space() = 0;
  // Configured so, or this process may not write there. A place that is away is not read-only: its
  // changes throw, and whoever wanted them is told.
  [[nodiscard]] virtual bool read_only() const = 0;
  // Removes temporary objects of this installation whose job is gone; returns their number.
  virtual std::size_t remove_leftovers() = 0;
  // A descriptor that becomes readable when objects come or go (inotify); -1 when the place sends
  // no events. Valid until the next call; one thread calls, and waits.
  [[nodiscard]] virtual int change_fd() = 0;
  virtual void drain_changes() = 0;
};

// As place.open(), but kIo when the whole place is away: its archive is not gone.
[[nodiscard]] std::shared_ptr<const RandomSource> open_object(Location& place,
                                                              const std::string& name);

struct DirectoryLocationOptions {
  std::string name = "local";
  std::string path;
  std::string installation;  // our id, part of temporary and hidden names
  bool read_only = false;
  // Shows only this file, whatever its name (a single archive given as SOURCE); empty: all.
  std::string only_file;  // implies read_only
  // What its archives and our hidden ones may hold together, in bytes; hidden ones go first, then
  // what is written fails with kNoSpace. 0: as much as there is room.
  std::uint64_t max_bytes = 0;
  // The directory that must be a mount point, else the place is away; the answer empty: none.
  // Asked again and again, by any thread. May be empty.
  std::function<std::string()> mount_point;
  const Clock* clock = nullptr;  // of hidden names; borrowed; null: the system's
};
// Throws Error when the directory is missing or not mounted (kNotFound), unreadable (kAccess) or
// none (kInvalid).
[[nodiscard]] std::unique_ptr<Location> make_directory_location(DirectoryLocationOptions options);

}  // namespace backshelf
