// The writing line: home → tar → packer → seal → outer tar → pending object.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/archive/metadata.h"
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
  Metadata metadata;  // slug, name, date, type, versions, folders, addons, extra; flags are set by the writer
  std::vector<PartPlan> parts;
  Level level = Level::kBalanced;
};

struct WriteProgress {
  std::string_view part;
  std::uint64_t files = 0, bytes = 0;  // of all parts so far
};
using OnWrite = std::function<void(const WriteProgress&)>;

// One archive being written: where to, and sealed with what (null: plain).
struct SealGroup {
  PendingObject& object;
  std::shared_ptr<const SealKey> key;
};

struct WriteReport {
  std::uint64_t files = 0, plain_bytes = 0;
  std::vector<Skipped> incomplete;  // files padded or cut because they changed while they were read
};

// Writes all parts, then ./backup.json; commits nothing: the caller commits the objects, or drops them. Throws Error, also
// kInterrupted on request. Memory is bounded; nothing is written but to the groups.
[[nodiscard]] WriteReport write_backup(const WritePlan& plan, EntrySource& home, std::span<SealGroup> groups,
                                       WorkerPool& pool, const OnWrite& on_write, std::stop_token stop);

}  // namespace backshelf
