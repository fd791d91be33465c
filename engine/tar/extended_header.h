// What extended headers (PAX x and g, GNU L and K) say about the entry that follows; for this room
// only.
#pragma once

#include <optional>
#include <string>

#include "engine/base/entry.h"
#include "engine/tar/sparse_map.h"

namespace backshelf {

struct ExtendedHeader {
  ExtendedHeader(std::uint64_t max_name_bytes, std::uint64_t max_extents)
      : sparse_map(max_extents), max_name_(max_name_bytes) {}

  std::optional<std::string> path, link, user, group;
  std::optional<std::uint64_t> size;  // stored bytes
  std::optional<std::int64_t> uid, gid, device_major, device_minor;
  std::optional<Timestamp> mtime;

  bool too_long = false;                      // a name was, and was not taken
  bool malformed = false;                     // records may be missing
  bool bad_size = false, bad_sparse = false;  // where the content lies cannot be known
  bool sparse = false;
  bool sparse_map_in_front = false;  // GNU.sparse 1.0: the map lies before the data
  std::optional<std::string> sparse_name;
  std::optional<std::uint64_t> real_size;
  std::optional<std::uint64_t> sparse_offset;  // GNU.sparse 0.0: waits for its length
  SparseMap sparse_map;

  // Takes the records over, later ones win. False: one was malformed; the others count.
  [[nodiscard]] bool read_pax(std::string_view records);
  // Overwrites what this knows better than the header block.
  void apply(Entry& entry) const;
  void clear();
  void clear_sparse();

 private:
  [[nodiscard]] bool take(std::string_view key, std::string_view value);
  [[nodiscard]] bool take_sparse(std::string_view key, std::string_view value);
  [[nodiscard]] bool take_name(std::optional<std::string>& target, std::string_view value);

  std::uint64_t max_name_;
};

// "-1.5" is half a second before -1; exponents are read too, as Python writes some floats with
// them.
[[nodiscard]] std::optional<Timestamp> pax_time(std::string_view text);

}  // namespace backshelf
