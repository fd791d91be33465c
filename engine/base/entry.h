// One entry of a tar, as every room between the home and the mount speaks of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace backshelf {

enum class EntryType : std::uint8_t {
  kFile,
  kDirectory,
  kSymlink,
  kHardlink,  // link_target is the path of another entry of the same tar
  kFifo,
  kCharDevice,
  kBlockDevice,
};

struct Timestamp {
  std::int64_t seconds = 0;       // since 1970, may be negative
  std::uint32_t nanoseconds = 0;  // 0 … 999,999,999
  friend bool operator==(const Timestamp&, const Timestamp&) = default;
};

struct Entry {
  EntryType type = EntryType::kFile;
  std::string path;  // raw bytes as stored, no encoding promised, may be hostile: see RelPath
  std::string link_target;  // symlink: any bytes; hard link: path of the other entry
  std::uint32_t mode = 0;   // permission bits with setuid, setgid, sticky (07777)
  std::int64_t uid = 0;     // as stored; may not fit uid_t
  std::int64_t gid = 0;
  std::string user_name, group_name;  // may be empty
  Timestamp mtime;
  std::uint64_t size = 0;  // bytes of content as a reader sees it (sparse files: logical size)
  std::uint32_t device_major = 0, device_minor = 0;
};

// A piece of a file that is stored; what lies between extents reads as zeros.
struct Extent {
  std::uint64_t logical_offset = 0;  // in the file
  std::uint64_t stored_offset = 0;   // in the tar stream
  std::uint64_t length = 0;          // bytes, never 0
};

// Where the content of an entry lies in its tar stream.
struct BodyLocation {
  std::uint64_t header_offset = 0;  // first byte of the first header block (PAX header included)
  std::uint64_t data_offset = 0;
  std::uint64_t stored_size = 0;  // bytes present in the stream, without padding to 512
  std::vector<Extent> extents;    // only of sparse files; sorted, not overlapping
  bool complete = true;           // false: the stream ended, or was found damaged, inside this body
};

// What tells a file of this machine unchanged without reading it, together with its size and mtime.
struct FileStat {
  std::int64_t ctime_ns = 0;
  std::uint64_t inode = 0, device = 0;
  friend bool operator==(const FileStat&, const FileStat&) = default;
};

}  // namespace backshelf
