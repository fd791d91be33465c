// The writing line: home → tar → packer → seal → outer tar → pending object.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/archive/earlier_content.h"
#include "engine/archive/metadata.h"
#include "engine/base/error.h"
#include "engine/deflate/packer.h"
#include "engine/location/location.h"
#include "engine/securetar/key_source.h"
#include "engine/tar/entry_source.h"

namespace backshelf {

struct PartPlan {
  std::string part;         // name the EntrySource knows: "config", "ssl", "app:core_ssh"
  std::string member_stem;  // "homeassistant", "ssl", "addons_local", "core_ssh"
};

struct WritePlan {
  // Slug, name, date, type, versions, folders, addons, extra; its two flags are set by the writer.
  Metadata metadata;
  std::vector<PartPlan> parts;
  Level level = Level::kBalanced;
  const EarlierContent* earlier = nullptr;  // what need not be made anew; borrowed
  // Large files that `earlier` tells unchanged are not read, and what tells it next time is stored.
  bool trust_stat = false;
};

struct WriteProgress {
  std::string_view part;
  std::uint64_t files = 0, bytes = 0;  // regular files and their content, of all parts so far
};
using OnWrite = std::function<void(const WriteProgress&)>;

// One archive being written: where to, and sealed with what (null: plain).
struct SealGroup {
  ArchiveSink& object;
  std::shared_ptr<const SealKey> key;
  // Set by write_backup: this archive is incomplete and must not be committed.
  std::optional<Error> failure = std::nullopt;
};

struct WriteReport {
  std::uint64_t files = 0, plain_bytes = 0;
  // Files padded or cut because they changed, or could not be read on, while they were stored.
  std::vector<Skipped> incomplete;
};

// Writes all parts, then backup.json, to every group from one pass over the home; commits
// nothing: the caller commits the objects, or drops them. A group that fails says so in `failure`
// and the others go on; when all have failed, the first one's Error is thrown. Throws Error, also
// kInterrupted on request. Memory is bounded; nothing is written but to the groups. Of
// Level::kZstd, which Home Assistant cannot restore, backup.json has a name that it does not look
// for.
[[nodiscard]] WriteReport write_backup(const WritePlan& plan, EntrySource& home,
                                       std::span<SealGroup> groups, WorkerPool& pool,
                                       const OnWrite& on_write, std::stop_token stop);

}  // namespace backshelf
