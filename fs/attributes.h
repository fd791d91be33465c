// What of an entry is shown, and how: owners, modes, times, links.
#pragma once

#include <sys/stat.h>

#include <optional>

#include "engine/archive/archive.h"
#include "engine/config/config.h"

namespace backshelf {

enum class SymlinkPolicy { kAsis, kFile, kHide };

// `uid`, `gid`, `fmask`, `dmask` as the user set them. A mask gives every file rw, every folder rwx
// to everybody, less the mask (as vfat's does); executable files stay so.
struct Presentation {
  std::optional<std::uint32_t> uid, gid, fmask, dmask;
  bool as_own_user = false;  // a daemon that is not root: everything is its own user's, owner rw
  std::uint32_t own_uid = 0, own_gid = 0;
  SymlinkPolicy symlinks = SymlinkPolicy::kAsis;
  bool windows_names = false;  // of what lies in a backup
};
[[nodiscard]] Presentation presentation_of(const MountConfig& config, std::uint32_t own_uid,
                                           std::uint32_t own_gid);

// Devices and sockets never; links as the policy says (kFile: ShelfTree shows what they lead to).
[[nodiscard]] bool is_shown(EntryType type, const Presentation& how);

// A whole stat of an entry, but for st_ino. atime and ctime are mtime.
[[nodiscard]] struct stat entry_status(const FolderAttr& attr, const Presentation& how);

// Of what we make ourselves. Folders 0750.
[[nodiscard]] struct stat folder_status(Timestamp mtime, const Presentation& how);
[[nodiscard]] struct stat file_status(std::uint64_t size, std::uint32_t mode, Timestamp mtime,
                                      const Presentation& how);

}  // namespace backshelf
