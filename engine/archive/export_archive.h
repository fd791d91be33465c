// A new archive of what an archive holds, as Home Assistant restores it: gzip or plain tars and
// `./backup.json`, whatever it was before; decrypted, under another key, or without some files.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/archive/archive.h"
#include "engine/location/location.h"

namespace backshelf {

struct ExportPlan {
  bool decrypt = false;
  // Its first key seals the new archive. Null: what was encrypted stays so, under the key that
  // opened it. Borrowed.
  KeySource* new_keys = nullptr;
  // 2 or 3; none: what the archive is, at least 2; 3 when it is not encrypted.
  std::optional<int> securetar = std::nullopt;
  // Of paths as the folder shows them, "config/www/a.jpg". A folder that is left out takes with it
  // what is below. Empty: nothing is left out. What a part's folder itself is stays.
  std::function<bool(const std::string& path)> leaves_out = nullptr;
  bool without_database = false;  // backup.json says that it is not in it; see leaves_out
};

struct ExportReport {
  std::uint64_t parts = 0;
  std::uint64_t repacked = 0;  // of them: not copied as they were
  std::uint64_t left_out = 0;  // entries
};

// Everything an export writes to and works with; borrowed.
struct ExportTarget {
  PendingObject& object;
  WorkerPool& pool;
};

// The metadata of the new archive: what stood there, also what is not known here, with what is
// different now. REQUIRES: `metadata` was parsed.
struct ExportedFacts {
  bool is_protected = false, compressed = false, was_zstd = false, without_database = false;
};
[[nodiscard]] std::string exported_metadata(const Metadata& metadata, const ExportedFacts& facts);

}  // namespace backshelf
