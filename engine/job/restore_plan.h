// Which folders of a home a restore is to replace, and whether it may: all that can be refused is
// refused here, before anything is written.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "engine/archive/archive.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/home/home.h"
#include "engine/job/hooks.h"

namespace backshelf {

// What is wanted, of which archive.
struct RestoreOrder {
  std::string name;                     // of the backup, for messages
  std::string file = {};                // where its archive lies, when it was given by its path
  std::vector<std::string> parts = {};  // empty: every part it holds and the home has a place for
  bool keep_database = false;
  bool force = false;
};

// Where to, and by which rules of the house.
struct RestoreSite {
  HomeConfig home;
  // A home that is only now being made: no part of it may be there yet.
  bool is_new = false;
  std::string journal;  // path of the journal
  HookCommands hooks = {};
  // Paths that a restore must not carry away, each with what it is: "the key file".
  std::vector<std::pair<std::string, std::string>> ours = {};
};

struct RestoreTarget {
  std::string part;       // "config", "app:core_ssh"
  RelPath inner;          // in the archive: "config", "apps/core_ssh"
  FolderAttr attr;        // of it, in the archive
  std::string directory;  // of the home: absolute, without links; need not exist
  // Where its holder is made: beside it, so that a rename is enough; in it when it is a file
  // system of its own.
  std::string holder_parent;
};

struct RestorePlan {
  std::vector<RestoreTarget> targets;  // never empty
  std::vector<std::string> members;    // folders of the archive's members they come from
  HomeLayout layout;                   // of the home as it is
  std::uint64_t files = 0, bytes = 0;  // of regular files
  std::vector<std::string> notes;      // parts of the backup that have no place here, with why
};

// Opens the archive's keys, and looks into every part that is wanted. Throws Error: kNeedsKey,
// kWrongKey, kDamaged, kTruncated … (what a wanted part is), kUsage (a part the backup does not
// hold or the home has no place for; a path of ours in it), kNotPermitted (made by a newer Home
// Assistant, or by another installation, and not forced), kExists (a new home that has the part),
// kNoSpace, kNotFound, kInterrupted.
[[nodiscard]] RestorePlan plan_restore(Archive& archive, const RestoreOrder& order,
                                       const RestoreSite& site, std::stop_token stop);

// Whether version `a` of Home Assistant came after `b`: "2026.10.1" after "2026.9.0b2". Unknown
// ones came never.
[[nodiscard]] bool is_newer_version(std::string_view a, std::string_view b);

}  // namespace backshelf
