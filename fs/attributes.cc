#include "fs/attributes.h"

#include <algorithm>
#include <limits>

namespace backshelf {
namespace {

constexpr std::uint32_t kNobody = 65534;  // an owner that no uid_t can hold
constexpr std::uint32_t kFolderMode = 0750;
constexpr std::uint64_t kBlockBytes = 512;  // of st_blocks, whatever st_blksize says
constexpr std::uint32_t kFolderBytes = 4096;

std::uint32_t owner(std::int64_t stored) {
  const bool fits = stored >= 0 && stored < std::numeric_limits<std::uint32_t>::max();
  return fits ? static_cast<std::uint32_t>(stored) : kNobody;
}

std::uint32_t type_bits(EntryType type, SymlinkPolicy symlinks) {
  switch (type) {
    case EntryType::kDirectory:
      return S_IFDIR;
    case EntryType::kSymlink:
      return symlinks == SymlinkPolicy::kFile ? S_IFREG : S_IFLNK;
    case EntryType::kFifo:
      return S_IFIFO;
    default:
      return S_IFREG;
  }
}

std::uint32_t mode_of(std::uint32_t stored, std::uint32_t type, const Presentation& how) {
  if (type == S_IFLNK) return 0777;
  if (type == S_IFDIR) {
    if (how.dmask) return 0777 & ~*how.dmask;
    return how.as_own_user ? stored | 0700 : stored;
  }
  const std::uint32_t executable = (stored & 0111) != 0 ? 0111 : 0;
  if (how.fmask) return (0666 | executable) & ~*how.fmask;
  return how.as_own_user ? stored | 0600 : stored;
}

void set_times(struct stat& status, Timestamp mtime) {
  const timespec time{mtime.seconds, static_cast<long>(mtime.nanoseconds)};
  status.st_mtim = status.st_atim = status.st_ctim = time;
}

void set_size(struct stat& status, std::uint64_t size) {
  const auto most = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
  status.st_size = static_cast<off_t>(std::min(size, most));
  status.st_blocks = static_cast<blkcnt_t>(
      static_cast<std::uint64_t>(status.st_size) / kBlockBytes + (size % kBlockBytes != 0 ? 1 : 0));
  status.st_blksize = 4096;
}

}  // namespace

Presentation presentation_of(const MountConfig& config, std::uint32_t own_uid,
                             std::uint32_t own_gid) {
  Presentation how;
  how.uid = config.uid;
  how.gid = config.gid;
  how.fmask = config.fmask;
  how.dmask = config.dmask;
  how.own_uid = own_uid;
  how.own_gid = own_gid;
  how.as_own_user = own_uid != 0;
  if (config.symlinks == "file") how.symlinks = SymlinkPolicy::kFile;
  if (config.symlinks == "hide") how.symlinks = SymlinkPolicy::kHide;
  how.windows_names = config.names == "windows";
  return how;
}

bool is_shown(EntryType type, const Presentation& how) {
  switch (type) {
    case EntryType::kCharDevice:
    case EntryType::kBlockDevice:
      return false;
    case EntryType::kSymlink:
      return how.symlinks != SymlinkPolicy::kHide;
    default:
      return true;
  }
}

struct stat entry_status(const FolderAttr& attr, const Presentation& how) {
  struct stat status {};
  const std::uint32_t type = type_bits(attr.type, how.symlinks);
  const bool own = attr.generated || how.as_own_user;
  status.st_mode = type | (mode_of(attr.mode & 0777, type, how) & 0777);
  status.st_uid = how.uid.value_or(own ? how.own_uid : owner(attr.uid));
  status.st_gid = how.gid.value_or(own ? how.own_gid : owner(attr.gid));
  status.st_nlink = std::max<std::uint32_t>(attr.link_count, type == S_IFDIR ? 2 : 1);
  set_size(status, type == S_IFDIR ? kFolderBytes : attr.size);
  set_times(status, attr.mtime);
  return status;
}

struct stat folder_status(Timestamp mtime, const Presentation& how) {
  FolderAttr attr;
  attr.type = EntryType::kDirectory;
  attr.mode = kFolderMode;
  attr.generated = true;
  attr.mtime = mtime;
  return entry_status(attr, how);
}

struct stat file_status(std::uint64_t size, std::uint32_t mode, Timestamp mtime,
                        const Presentation& how) {
  FolderAttr attr;
  attr.mode = mode;
  attr.generated = true;
  attr.mtime = mtime;
  attr.size = size;
  return entry_status(attr, how);
}

}  // namespace backshelf
